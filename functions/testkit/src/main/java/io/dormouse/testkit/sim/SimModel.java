package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A model that says whatever the seed has it say, sooner or later, whole or broken. */
final class SimModel implements Model {
    /** A session that was answered so often gets plain text from then on, so that it ends. */
    private static final int TALKATIVE = 14;

    private final Simulation sim;
    /** Fails nearly always, until faults stop: what wears out patience. */
    private final boolean down;

    SimModel(Simulation sim) {
        this.sim = sim;
        down = sim.random.nextInt(10) == 0;
    }

    @Override
    public Reply reply(Prompt prompt, Watcher watcher, Cancellation cancellation) {
        // The agent's model is named for the session, so that a request says whose it is.
        ThreadId thread = new ThreadId(prompt.body().path("model").asText());
        sim.calls.travel("asks the model", 1);
        if (sim.faults.strike(Fault.MODEL_THROWS)) throw new Calls.Failure("the model's client has a bug");
        if (cancellation.requested()) return new Reply.Cancelled(Usage.NONE);
        int asked = sim.checks.asksModel(thread, sim.schedule.me().crew(), prompt);
        long patience = sim.faults.strike(Fault.MODEL_IS_SLOW) ? 120_000 : 4000;
        int chunks = 1 + sim.random.nextInt(4);
        for (int i = 0; i < chunks; i++) {
            sim.schedule.await(cancellation::requested, 1 + sim.random.nextInt((int) patience / chunks));
            if (cancellation.requested()) return new Reply.Cancelled(new Usage(3, i, 0, 0, 0, 0, 0));
            if (i == 0) watcher.opened(0, "text");
            watcher.text(0, "word ");
        }
        sim.calls.travel("hears the model", 1);
        Reply failed = failure();
        return failed != null ? failed : said(thread, asked);
    }

    private Reply failure() {
        if (down && !sim.resting() && sim.random.nextInt(20) > 0) return failed(Failure.OVERLOADED, null);
        if (sim.faults.strike(Fault.MODEL_OVERLOADED)) return failed(Failure.OVERLOADED, null);
        if (sim.faults.strike(Fault.MODEL_LIMITS_RATE))
            return failed(Failure.RATE_LIMITED, Duration.ofSeconds(1 + sim.random.nextInt(90)));
        if (sim.faults.strike(Fault.MODEL_BREAKS_OFF)) return failed(Failure.UNREACHABLE, null);
        if (sim.faults.strike(Fault.MODEL_REFUSES_REQUEST)) return failed(Failure.REFUSED, null);
        return null;
    }

    private static Reply failed(Failure kind, Duration retryAfter) {
        return new Reply.Failed(kind, "by the seed", retryAfter, Usage.NONE);
    }

    private Reply said(ThreadId thread, int asked) {
        int dice = asked > TALKATIVE ? 99 : sim.random.nextInt(100);
        List<ObjectNode> content = new ArrayList<>();
        if (dice < 62) {
            if (sim.random.nextBoolean()) content.add(text("I shall see."));
            int calls = 1 + sim.random.nextInt(3);
            for (int i = 0; i < calls; i++) content.add(call());
            return complete(content, dice < 3 ? "max_tokens" : "tool_use");
        }
        if (dice < 64) return complete(content, "end_turn");
        if (dice < 66) {
            content.add(text("  "));
            return complete(content, "end_turn");
        }
        if (dice < 69) {
            content.add(text("I ca"));
            return complete(content, "refusal");
        }
        content.add(text("reply " + sim.number()));
        if (dice < 73) return complete(content, "pause_turn");
        if (dice < 77) {
            content.addFirst(
                    Json.object().put("type", "thinking").put("thinking", "hm").put("signature", ""));
            return complete(content, "max_tokens");
        }
        return complete(content, "end_turn");
    }

    private Reply complete(List<ObjectNode> content, String stopReason) {
        return new Reply.Complete(List.copyOf(content), stopReason, null, new Usage(10, 5, 0, 0, 0, 0, 0));
    }

    private static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private ObjectNode call() {
        String[] names = {"bash", "bash", "bash", "read", "write", "lookup", "nonsense"};
        int number = sim.number();
        ObjectNode call = Json.object()
                .put("type", "tool_use")
                // Now and then two calls of one id, as models do.
                .put("id", "toolu_" + (sim.random.nextInt(20) == 0 ? 0 : number))
                .put("name", names[sim.random.nextInt(names.length)]);
        call.putObject("input").put("n", number);
        if (sim.random.nextInt(25) == 0) {
            call.put("malformed_input", "{\"n\":");
            call.putObject("input");
        }
        return call;
    }
}
