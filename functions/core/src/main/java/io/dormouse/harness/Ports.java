package io.dormouse.harness;

import io.dormouse.hands.Hands;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.mcp.Servers;
import io.dormouse.outbound.UseLedger;
import io.dormouse.pace.Pace;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.web.Web;
import io.dormouse.wire.Feed;
import java.util.random.RandomGenerator;

/**
 * Everything that a harness touches.
 *
 * @param uses what credentials were used for; noted by the proxy, told in the log by the harness
 */
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
        UseLedger uses,
        Servers servers,
        Web web) {
    /** Without a proxy and without MCP servers. */
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
        this(
                heads,
                log,
                model,
                hands,
                feed,
                wakes,
                spill,
                catalog,
                retries,
                pace,
                ids,
                random,
                new UseLedger(),
                Servers.NONE);
    }

    /** Without the web. */
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
            RandomGenerator random,
            UseLedger uses,
            Servers servers) {
        this(
                heads, log, model, hands, feed, wakes, spill, catalog, retries, pace, ids, random, uses, servers,
                Web.NONE);
    }

    /** With a proxy, which notes there what it used, and the MCP servers behind it. */
    public Ports with(UseLedger ledger, Servers other) {
        return new Ports(
                heads, log, model, hands, feed, wakes, spill, catalog, retries, pace, ids, random, ledger, other, web);
    }

    public Ports with(Servers other) {
        return with(uses, other);
    }

    public Ports with(Web other) {
        return new Ports(
                heads, log, model, hands, feed, wakes, spill, catalog, retries, pace, ids, random, uses, servers,
                other);
    }
}
