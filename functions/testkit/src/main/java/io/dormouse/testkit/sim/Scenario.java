package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.prompt.Model.Failure;
import io.dormouse.prompt.Model.Reply;
import io.dormouse.prompt.Prompt;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * One session with one client that does the same every time, and in which nothing goes wrong by itself. Harm is planned
 * for single calls of it.
 */
public enum Scenario {
    PLAIN_TURN(List.of(), Scenario::turn),
    TOOL_TURN(List.of(List.of("bash")), Scenario::turn),
    PARALLEL_CALLS(List.of(List.of("bash", "read", "bash")), Scenario::turn),
    TWO_TOOL_STEPS(List.of(List.of("bash"), List.of("read", "nonsense")), Scenario::turn),
    CALL_ALLOWED(List.of(List.of("bash", "write")), client -> {
        turn(client);
        client.confirms(true);
        client.untilRest();
    }),
    CALL_DENIED(List.of(List.of("write")), client -> {
        turn(client);
        client.confirms(false);
        client.untilRest();
    }),
    CUSTOM_RESULT(List.of(List.of("lookup")), client -> {
        turn(client);
        client.tellsResults();
        client.untilRest();
    }),
    INTERRUPT_IN_STREAM(List.of(), client -> {
        client.says();
        client.untilModelSpeaks();
        client.interrupts();
        client.untilRest();
        turn(client);
    }),
    INTERRUPT_IN_CALL(List.of(List.of("bash", "bash")), client -> {
        client.says();
        client.untilCallRuns();
        client.interrupts();
        client.untilRest();
        turn(client);
    }),
    RETRY_WITH_BACKOFF(List.of(), Scenario::turn),
    HAND_LOST(List.of(List.of("bash")), Scenario::turn),
    QUEUED_MESSAGES(List.of(List.of("bash")), client -> {
        client.says();
        client.untilModelSpeaks();
        client.says();
        client.untilCallRuns();
        client.says();
        client.untilRest();
    }),
    COMPACTION(List.of(), client -> {
        turn(client);
        turn(client);
        turn(client);
    }),
    UPDATE(List.of(), client -> {
        turn(client);
        client.updatesAgent();
        turn(client);
    }),
    ARCHIVE(List.of(), client -> {
        turn(client);
        client.archives();
        client.untilRest();
    }),
    DELETE(List.of(List.of("bash")), client -> {
        turn(client);
        client.deletes();
        client.untilRest();
    }),
    BUDGET_RAISED(List.of(List.of("bash")), 1, client -> {
        turn(client);
        client.limits(50);
        client.untilRest();
    }),
    BUDGET_REACHED(List.of(List.of("bash"), List.of("read"), List.of("bash")), 4, client -> {
        client.says();
        client.untilModelSpeaks();
        client.interrupts();
        client.untilRest();
        for (int i = 0; i < 3; i++) turn(client);
        client.limitsNoLonger();
        turn(client);
    });

    /** Two of it fill the window. */
    private static final String LONG = " words".repeat(400);

    private final List<List<String>> calls;
    private final long cents;
    private final Consumer<Client> script;

    /** @param calls the tools that each reply calls; the reply after them ends the turn */
    Scenario(List<List<String>> calls, Consumer<Client> script) {
        this(calls, 0, script);
    }

    /** @param cents what the session may spend */
    Scenario(List<List<String>> calls, long cents, Consumer<Client> script) {
        this.calls = calls;
        this.cents = cents;
        this.script = script;
    }

    /** 0 for no limit. */
    long cents() {
        return cents;
    }

    private static void turn(Client client) {
        client.says();
        client.untilRest();
    }

    void act(Client client) {
        script.accept(client);
    }

    /**
     * @param asked how often the model was asked so far
     * @param number nothing else has it
     */
    Reply reply(Prompt prompt, int asked, int number, Usage usage) {
        if (this == RETRY_WITH_BACKOFF && asked == 1)
            return SimModel.failed(Failure.RATE_LIMITED, Duration.ofSeconds(30));
        if (this == RETRY_WITH_BACKOFF && asked == 2) return SimModel.failed(Failure.OVERLOADED, null);
        int spoken = 0;
        for (JsonNode message : prompt.body().path("messages"))
            if (message.path("role").asText().equals("assistant")) spoken++;
        if (spoken >= calls.size()) {
            String text = "reply " + number + (this == COMPACTION ? LONG : "");
            return SimModel.complete(List.of(SimModel.text(text)), "end_turn", usage);
        }
        List<ObjectNode> content = new ArrayList<>();
        for (String tool : calls.get(spoken)) {
            int call = 1000 * number + content.size();
            content.add(SimModel.call(tool, call, call));
        }
        return SimModel.complete(content, "tool_use", usage);
    }

    boolean losesHand() {
        return this == HAND_LOST;
    }
}
