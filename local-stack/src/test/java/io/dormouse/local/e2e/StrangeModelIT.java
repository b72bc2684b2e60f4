package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Any server that speaks the Messages API may be behind, and not every one is careful: no session may end in a dead end. */
@ExtendWith(OnSuite.class)
@ManyWakes("what a model may say")
class StrangeModelIT {

    /** Plays the scripts, then one more turn, and looks at everything from the beginning. */
    private static List<JsonNode> lives(Brain brain, Client client, Script... scripts) {
        Script[] all = java.util.Arrays.copyOf(scripts, scripts.length + 2);
        all[scripts.length] = Script.text("Alive.");
        all[scripts.length + 1] = Script.text("Still alive.");
        Brain.Role role = brain.role(all);
        Talk talk = client.talk(role);
        talk.say("one");
        talk.settled();
        while (role.requests().size() < scripts.length + 2) {
            int before = role.requests().size();
            talk.say("and on");
            Eventually.until("it asks again", () -> role.requests().size() > before);
            talk.settled();
        }
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).last().isEqualTo("Still alive.");
        Legal.requests(role);
        for (Request request : role.requests()) acceptable(request);
        return events;
    }

    /** What the real API refuses beyond the shape of a conversation. */
    private static void acceptable(Request request) {
        Set<String> ids = new HashSet<>();
        for (JsonNode message : request.json().path("messages"))
            for (JsonNode block : message.path("content")) {
                if (block.path("type").asText().equals("text"))
                    assertThat(block.path("text").asText()).isNotBlank();
                if (!block.path("type").asText().equals("tool_use")) continue;
                assertThat(ids.add(block.path("id").asText()))
                        .as("id of " + block)
                        .isTrue();
                assertThat(block.path("id").asText()).matches("[a-zA-Z0-9_-]+");
                assertThat(block.path("name").asText()).matches("[a-zA-Z0-9_-]{1,128}");
                assertThat(block.path("input").isObject()).isTrue();
            }
    }

    @Test
    void ids_that_are_used_twice(Brain brain, Client client) {
        List<JsonNode> events = lives(
                brain,
                client,
                Brain.bash("call_0", "echo one"),
                Brain.bash("call_0", "echo two"),
                // Within one reply nobody can tell them apart: it is asked for again.
                Script.reply()
                        .thenToolUse("call_0", "bash", "{\"command\":\"echo never\"}")
                        .thenToolUse("call_0", "bash", "{\"command\":\"echo never\"}"),
                Brain.bash("call_0", "echo three"));
        assertThat(Talk.results(events)).extracting(String::strip).containsExactly("one", "two", "three");
    }

    @Test
    void nothing_or_blanks_for_an_answer(Brain brain, Client client) {
        lives(
                brain,
                client,
                Script.reply(),
                Script.text(""),
                Script.text(" \n"),
                Script.reply().thenThinking("Hm.", "c2ln"));
    }

    @Test
    void names_and_ids_that_no_tool_can_have(Brain brain, Client client) {
        List<JsonNode> events = lives(
                brain,
                client,
                Script.toolUse("call:1", "functions.bash", "{}"),
                Script.toolUse("call 3", "\u4e16 \u754c", "{}"),
                Script.toolUse("call_4", "n".repeat(300), "{}"));
        assertThat(Talk.of(events, "agent.tool_result")).hasSize(3);
        assertThat(Talk.of(events, "agent.tool_use").getFirst().path("name").asText())
                .isEqualTo("functions.bash");
    }

    @Test
    void input_that_is_nested_deeper_than_anybody_needs(Brain brain, Client client) {
        List<Integer> depths = List.of(60, 67, 68, 69, 70, 71, 96, 100, 3000);
        List<JsonNode> events = lives(
                brain,
                client,
                calls(depths.stream()
                        .map(depth -> "{\"command\":\"true\",\"more\":" + "[".repeat(depth) + "]".repeat(depth) + "}")
                        .toList()));
        assertThat(Talk.of(events, "agent.tool_result")).hasSameSizeAs(depths);
    }

    @Test
    void input_with_numbers_and_keys_of_all_kinds(Brain brain, Client client) {
        List<String> inputs = List.of(
                "{\"command\":\"true\",\"n\":1e400,\"m\":-0.0,\"k\":12345678901234567890123456789}",
                "{\"command\":\"true\",\"n\":" + "9".repeat(5000) + "}",
                "{\"command\":\"true\",\"command\":\"false\"}",
                "{\"command\":\"true\",\"\":{},\"\\u0000\":1,\"\\ud83d\":2}",
                "{\"command\":\"echo \\ud83d\"}",
                "{\"command\":\"true\"} {}",
                "[]",
                "null",
                "");
        List<JsonNode> events = lives(brain, client, calls(inputs));
        assertThat(Talk.of(events, "agent.tool_result")).hasSameSizeAs(inputs);
    }

    /** One after the other, each of which is answered before the next. */
    private static Script[] calls(List<String> inputs) {
        return inputs.stream()
                .map(input -> Script.reply().thenMalformedToolUse("t1", "bash", input))
                .toArray(Script[]::new);
    }

    @Test
    void blocks_of_unknown_kinds(Brain brain, Client client) {
        lives(
                brain,
                client,
                Script.reply()
                        .then(Json.object().put("type", "hologram").put("data", "x"))
                        .thenText("See?"),
                Script.text("Half a pair: \ud83d!"));
    }
}
