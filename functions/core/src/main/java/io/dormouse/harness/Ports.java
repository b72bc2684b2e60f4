package io.dormouse.harness;

import io.dormouse.hands.Hands;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.mcp.Servers;
import io.dormouse.pace.Pace;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Feed;
import java.util.random.RandomGenerator;

/** Everything that a harness touches. */
public record Ports(
        Heads heads,
        SessionLog log,
        Model model,
        Hands hands,
        Feed feed,
        Wakes wakes,
        Spill spill,
        Catalog catalog,
        Retries retries,
        Pace pace,
        Ids ids,
        RandomGenerator random,
        Servers servers) {
    /** Without MCP servers. */
    public Ports(
            Heads heads,
            SessionLog log,
            Model model,
            Hands hands,
            Feed feed,
            Wakes wakes,
            Spill spill,
            Catalog catalog,
            Retries retries,
            Pace pace,
            Ids ids,
            RandomGenerator random) {
        this(heads, log, model, hands, feed, wakes, spill, catalog, retries, pace, ids, random, Servers.NONE);
    }

    public Ports with(Servers other) {
        return new Ports(heads, log, model, hands, feed, wakes, spill, catalog, retries, pace, ids, random, other);
    }
}
