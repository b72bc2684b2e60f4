package io.dormouse.wake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.head.Head;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A few wakes by a brain of their own, on servers of this process: whatever a wake uses has been used. */
final class Priming {
    private static final System.Logger LOG = System.getLogger("io.dormouse.wake");
    private static final int WAKES = 20;
    private static final String NAME = "priming";

    private Priming() {}

    /** What it cannot do is only slower later. @param environment as the function has it */
    static void run(Map<String, String> environment) {
        try {
            rehearse(environment);
            Handshakes.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the first wake will be slower", e);
        }
    }

    /** @throws RuntimeException when a wake comes to anything but its end */
    static void rehearse(Map<String, String> environment) throws IOException {
        try (Loopback loopback = new Loopback()) {
            loopback.giveCredentials();
            try (Brain brain = Brain.of(at(loopback, environment))) {
                for (int i = 0; i < WAKES; i++) wake(brain);
                brain.wakes().invoke(session(brain.ports()).thread());
                brain.fargate().ifPresent(hands -> hands.sweep(Duration.ofDays(1)));
            }
        }
    }

    private static Map<String, String> at(Loopback loopback, Map<String, String> environment) {
        Map<String, String> told = new HashMap<>(environment);
        told.keySet().removeIf(name -> name.startsWith("AWS_ENDPOINT_URL"));
        // A sweep would fill it.
        told.remove("DORMOUSE_WARM_POOL");
        told.put("AWS_ENDPOINT_URL", loopback.address().toString());
        told.put("DORMOUSE_MODEL_URL", loopback.address().toString());
        told.put("DORMOUSE_TABLE", NAME);
        told.put("DORMOUSE_BUCKET", NAME);
        told.put("DORMOUSE_HARNESS", NAME);
        told.put("DORMOUSE_PROXY", NAME);
        return told;
    }

    private static void wake(Brain brain) {
        ThreadId thread = session(brain.ports()).thread();
        var woken = brain.harness().wake(thread, NAME, Instant.MAX);
        if (woken != Harness.Woken.SETTLED) throw new IllegalStateException("the rehearsal came to " + woken);
    }

    /** A session that owes an answer. */
    private static Head session(Ports ports) {
        ObjectNode agent = Json.object().put("name", NAME);
        agent.putObject("model").put("id", NAME);
        agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        SessionId session = ports.ids().session();
        Instant now = ports.pace().now();
        ports.log()
                .append(
                        session.primaryThread(),
                        new Entry(1, 0, ports.ids().next(), now, List.of(new Fact.SessionBegan(agent))));
        Input said = new Input.UserMessage(ports.ids().event(), ToolResult.text(NAME));
        Head fresh = Head.fresh(WorkspaceId.DEFAULT, session, now);
        Head owing = ((Head.Posting.Accepted) fresh.post(List.of(said), now)).next();
        ports.heads().create(owing);
        return owing;
    }
}
