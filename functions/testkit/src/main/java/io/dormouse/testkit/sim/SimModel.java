package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Tokens;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A model that says whatever the seed has it say, sooner or later, whole or broken. */
final class SimModel implements Model {
    /** A session that was answered so often gets plain text from then on, so that it ends. */
    private static final int TALKATIVE = 14;

    /** So that a conversation fills its window soon. */
    private static final String WORDS = " words".repeat(50);

    private static final int HANGS_MILLIS = 600_000;

    private final Simulation sim;
    /** Fails nearly always, until faults stop: what wears out patience. */
    private final boolean down;

    SimModel(Simulation sim) {
        this.sim = sim;
        down = sim.scenario == null && sim.random.nextInt(10) == 0;
    }

    @Override
    public Reply reply(Prompt prompt, Watcher watcher, Cancellation cancellation) {
        // The agent's model is named for the session, so that a request says whose it is.
        ThreadId thread = new ThreadId(prompt.body().path("model").asText());
        Schedule.Actor me = sim.schedule.me();
        if (!cancellation.requested()) sim.checks.decides(thread, me, "a model request");
        if (sim.faults.strike(Fault.MODEL_THROWS)) throw new Calls.Failure("the model's client has a bug");
        if (sim.bug == Bug.TWO_REQUESTS_AT_ONCE && sim.random.nextInt(4) == 0)
            sim.schedule.spawn(
                    "hedge", me.machine(), me.crew(), 0, () -> request(thread, prompt, watcher, cancellation));
        try {
            return request(thread, prompt, watcher, cancellation);
        } catch (Calls.Failure e) {
            return brokeOff();
        }
    }

    private Reply request(ThreadId thread, Prompt prompt, Watcher watcher, Cancellation cancellation) {
        sim.calls.travel("asks the model", 1);
        if (cancellation.requested()) return new Reply.Cancelled(Usage.NONE, false);
        int asked = sim.checks.asksModel(thread, sim.schedule.me().crew(), prompt);
        Story story = sim.checks.story(thread);
        Usage usage = story.used(new Usage(1000 + sim.number(), 5, Tokens.of(prompt.body()), 0, 0, 0, 0));
        // Who is not heard to the end has written all that he was let.
        long most = price(
                thread,
                new Usage(usage.input(), prompt.body().path("max_tokens").asLong(), usage.cacheRead(), 0, 0, 0, 0));
        story.charge(most);
        Reply reply = speaks(asked, usage, prompt, watcher, cancellation);
        switch (reply) {
            case Reply.Complete c -> story.charge(price(thread, usage) - most);
            case Reply.Failed f -> {
                if (!f.begun() && f.kind() != Failure.UNREACHABLE) story.charge(-most);
            }
            case Reply.Cancelled c -> {}
        }
        return reply;
    }

    private long price(ThreadId thread, Usage usage) {
        return sim.catalog.priced(thread.text(), usage).listNanoUsd();
    }

    private Reply speaks(int asked, Usage usage, Prompt prompt, Watcher watcher, Cancellation cancellation) {
        long patience = sim.faults.strike(Fault.MODEL_IS_SLOW) ? 120_000 : 4000;
        int chunks = 1 + sim.random.nextInt(4);
        for (int i = 0; i < chunks; i++) {
            if (sim.faults.strike(Fault.MODEL_BREAKS_OFF)) return brokeOff();
            if (sim.faults.strike(Fault.MODEL_NEVER_ENDS)) {
                // Until the client's own limit.
                if (!sim.schedule.await(cancellation::requested, HANGS_MILLIS)) return brokeOff();
            } else {
                sim.schedule.await(cancellation::requested, 1 + sim.random.nextInt((int) patience / chunks));
            }
            if (cancellation.requested()) return new Reply.Cancelled(usage);
            if (i == 0) watcher.opened(0, "text");
            watcher.text(0, "word ");
        }
        sim.calls.travel("hears the model", 1);
        Reply failed = failure();
        if (failed != null) return failed;
        if (Compaction.asks(prompt)) return summary(usage);
        Reply reply =
                sim.scenario == null ? said(asked, usage) : sim.scenario.reply(prompt, asked, sim.number(), usage);
        if (reply instanceof Reply.Complete complete) open(complete, watcher);
        return reply;
    }

    /** Calls open before the reply is complete. */
    private void open(Reply.Complete reply, Watcher watcher) {
        for (ObjectNode block : reply.content())
            if (block.path("type").asText().equals("tool_use"))
                watcher.calls(block.path("name").asText());
        sim.calls.travel("hears the end of the reply", 1);
    }

    private Reply summary(Usage usage) {
        if (sim.faults.strike(Fault.MODEL_SAYS_NOTHING)) return complete(List.of(call()), "tool_use", usage);
        return complete(List.of(text("<summary>summary " + sim.number() + "</summary>")), "end_turn", usage);
    }

    private Reply failure() {
        if (down && !sim.resting() && sim.random.nextInt(20) > 0) return failed(Failure.OVERLOADED, null);
        if (sim.faults.strike(Fault.MODEL_OVERLOADED)) return failed(Failure.OVERLOADED, null);
        if (sim.faults.strike(Fault.MODEL_LIMITS_RATE))
            return failed(Failure.RATE_LIMITED, Duration.ofSeconds(1 + sim.random.nextInt(90)));
        if (sim.faults.strike(Fault.MODEL_REFUSES_REQUEST)) return failed(Failure.REFUSED, null);
        return null;
    }

    private Reply brokeOff() {
        boolean told = sim.bug != Bug.BROKEN_REQUESTS_ARE_FREE;
        return new Reply.Failed(Failure.UNREACHABLE, "by the seed", null, Usage.NONE, told);
    }

    static Reply failed(Failure kind, Duration retryAfter) {
        return new Reply.Failed(kind, "by the seed", retryAfter, Usage.NONE);
    }

    private Reply said(int asked, Usage usage) {
        int dice = asked > TALKATIVE ? 99 : sim.random.nextInt(100);
        List<ObjectNode> content = new ArrayList<>();
        if (sim.faults.strike(Fault.MODEL_SAYS_NOTHING)) {
            if (dice % 2 == 0) content.add(text("  "));
            return complete(content, "end_turn", usage);
        }
        if (dice < 62) {
            if (sim.random.nextBoolean()) content.add(text("I shall see." + WORDS));
            int calls = sim.faults.strike(Fault.MODEL_MAKES_MANY_CALLS)
                    ? 10 + sim.random.nextInt(41)
                    : 1 + sim.random.nextInt(3);
            for (int i = 0; i < calls; i++) content.add(call());
            return complete(content, sim.faults.strike(Fault.MODEL_STOPS_IN_A_CALL) ? "max_tokens" : "tool_use", usage);
        }
        if (dice < 65) {
            content.add(text("I ca"));
            return complete(content, "refusal", usage);
        }
        content.add(text("reply " + sim.number() + WORDS));
        if (dice < 69) return complete(content, "pause_turn", usage);
        if (dice < 73) {
            content.addFirst(
                    Json.object().put("type", "thinking").put("thinking", "hm").put("signature", ""));
            return complete(content, "max_tokens", usage);
        }
        return complete(content, "end_turn", usage);
    }

    static Reply complete(List<ObjectNode> content, String stopReason, Usage usage) {
        return new Reply.Complete(List.copyOf(content), stopReason, null, usage);
    }

    static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private ObjectNode call() {
        String[] names = {"bash", "bash", "bash", "read", "write", "lookup", "nonsense"};
        int number = sim.number();
        // Now and then two calls of one id, as models do.
        ObjectNode call = call(
                names[sim.random.nextInt(names.length)],
                sim.faults.strike(Fault.MODEL_REPEATS_A_CALL_ID) ? 0 : number,
                number);
        if (sim.faults.strike(Fault.MODEL_BREAKS_INPUT)) {
            call.put("malformed_input", "{\"n\":");
            call.putObject("input");
        }
        return call;
    }

    /** @param id of the model's own; @param number what the hand is to do, and the checks know the call by */
    static ObjectNode call(String name, int id, int number) {
        ObjectNode call =
                Json.object().put("type", "tool_use").put("id", "toolu_" + id).put("name", name);
        call.putObject("input").put("n", number);
        return call;
    }
}
