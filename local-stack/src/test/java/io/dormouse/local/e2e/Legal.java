package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Request;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What holds for every session at rest, whatever happened to it. */
final class Legal {
    private Legal() {}

    static void events(List<JsonNode> events) {
        Set<String> ids = new HashSet<>();
        Set<String> calls = new LinkedHashSet<>();
        Set<String> spans = new LinkedHashSet<>();
        boolean running = false;
        long input = 0;
        long output = 0;
        JsonNode usage = null;
        String before = "";
        for (JsonNode event : events) {
            String type = event.path("type").asText();
            String id = event.path("id").asText();
            assertThat(ids.add(id)).as("id told once: " + event).isTrue();
            assertThat(event.has("processed_at")).as("time of " + event).isTrue();
            switch (type) {
                case "agent.tool_use", "agent.custom_tool_use", "agent.mcp_tool_use" -> calls.add(id);
                case "agent.mcp_tool_result" ->
                    assertThat(calls.remove(event.path("mcp_tool_use_id").asText()))
                            .as("an open call for " + event)
                            .isTrue();
                case "agent.tool_result" ->
                    assertThat(calls.remove(event.path("tool_use_id").asText()))
                            .as("an open call for " + event)
                            .isTrue();
                case "user.custom_tool_result" ->
                    calls.remove(event.path("custom_tool_use_id").asText());
                case "span.model_request_start" -> spans.add(id);
                case "span.model_request_end" -> {
                    assertThat(spans.remove(event.path("model_request_start_id").asText()))
                            .as("an open span for " + event)
                            .isTrue();
                    input += event.path("model_usage").path("input_tokens").asLong();
                    output += event.path("model_usage").path("output_tokens").asLong();
                }
                case "session.status_running" -> {
                    assertThat(running).as("not running before " + event).isFalse();
                    running = true;
                }
                case "session.status_rescheduled" -> running = false;
                case "session.usage" -> usage = event.path("usage");
                case "session.status_idle" -> {
                    assertThat(before).as("before " + event).isEqualTo("session.usage");
                    running = false;
                    assertThat(spans).as("open spans at " + event).isEmpty();
                    assertThat(usage.path("input_tokens").asLong())
                            .as("input tokens at " + event)
                            .isEqualTo(input);
                    assertThat(usage.path("output_tokens").asLong())
                            .as("output tokens at " + event)
                            .isEqualTo(output);
                    if (!event.path("stop_reason").path("type").asText().equals("requires_action"))
                        assertThat(calls).as("open calls at " + event).isEmpty();
                }
                default -> {}
            }
            before = type;
        }
        assertThat(running).as("running at the end").isFalse();
    }

    /** What had been told before is told again, word for word, and first. */
    static void continues(List<JsonNode> before, List<JsonNode> after) {
        List<JsonNode> told = before.stream()
                .filter(event -> !event.path("processed_at").isNull())
                .toList();
        assertThat(after.size()).isGreaterThanOrEqualTo(told.size());
        assertThat(after.subList(0, told.size())).isEqualTo(told);
        List<String> ids =
                after.stream().map(event -> event.path("id").asText()).toList();
        assertThat(ids)
                .containsAll(
                        before.stream().map(event -> event.path("id").asText()).toList());
    }

    /** What the model was sent: user and assistant in turn, nothing empty, every call followed by its result. */
    static void requests(Brain.Role role) {
        for (Request request : role.requests()) {
            String expected = "user";
            List<String> open = new ArrayList<>();
            for (JsonNode message : request.json().path("messages")) {
                assertThat(message.path("role").asText())
                        .as("turn in " + request.json())
                        .isEqualTo(expected);
                expected = expected.equals("user") ? "assistant" : "user";
                JsonNode content = message.path("content");
                assertThat(content.isEmpty() && content.asText().isEmpty())
                        .as("empty content in " + request.json())
                        .isFalse();
                List<String> answered = new ArrayList<>();
                List<String> called = new ArrayList<>();
                for (JsonNode block : content) {
                    if (block.path("type").asText().equals("tool_result"))
                        answered.add(block.path("tool_use_id").asText());
                    if (block.path("type").asText().equals("tool_use"))
                        called.add(block.path("id").asText());
                }
                assertThat(answered).as("answers in " + request.json()).containsExactlyInAnyOrderElementsOf(open);
                open = called;
            }
            assertThat(open).as("open calls in " + request.json()).isEmpty();
            assertThat(expected).as("the last message is the user's").isEqualTo("assistant");
        }
    }
}
