package io.dormouse.prompt;

import static io.dormouse.Given.NO_CATALOG;
import static io.dormouse.Given.SPEC;
import static io.dormouse.Given.log;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.returned;
import static io.dormouse.Given.says;
import static io.dormouse.Given.systemSays;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.Given;
import io.dormouse.Histories;
import io.dormouse.agents.AgentSpec;
import io.dormouse.json.Json;
import io.dormouse.session.Fact;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import org.junit.jupiter.api.Test;

class PromptTest {
    private static final ToolCall BASH = toolUse("t1", "bash");

    private static ObjectNode prompt(AgentSpec agent, Fact... facts) {
        return Prompt.of(agent, Transcript.of(log(facts)), NO_CATALOG).body();
    }

    private static AgentSpec agent(String json) {
        return new AgentSpec(Json.parse(json));
    }

    @Test
    void the_whole_request_of_a_small_agent() {
        AgentSpec agent = agent("{\"model\":{\"id\":\"m\"},\"system\":\"Be brief.\",\"tools\":[{\"type\":\"custom\","
                + "\"name\":\"weather\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}]}");
        assertThat(Json.text(prompt(agent, turn(userSays("hi")), says("hello"), turn(userSays("more")))))
                .isEqualTo(
                        "{\"model\":\"m\",\"max_tokens\":16384,\"stream\":true,"
                                + "\"system\":[{\"type\":\"text\",\"text\":\"Be brief.\",\"cache_control\":{\"type\":\"ephemeral\"}}],"
                                + "\"tools\":[{\"name\":\"weather\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}],"
                                + "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\",\"cache_control\":{\"type\":\"ephemeral\"}}]},"
                                + "{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"}]},"
                                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"more\",\"cache_control\":{\"type\":\"ephemeral\"}}]}]}");
    }

    @Test
    void within_a_budget_a_reply_may_be_shorter_and_nothing_that_a_cache_looks_at_changes() {
        Prompt prompt = new Prompt(prompt(SPEC, turn(userSays("hi"))));
        assertThat(prompt.within(null)).isSameAs(prompt);
        assertThat(prompt.within(new Fact.Reserved(Given.ASKED, 7, 0, "n", 0))).isEqualTo(prompt);
        ObjectNode shorter =
                prompt.within(new Fact.Reserved(Given.ASKED, 7, 1_500, "n", 0)).body();
        assertThat(Json.text(shorter))
                .isEqualTo(Json.text(prompt.body()).replace("\"max_tokens\":16384", "\"max_tokens\":1500"));
    }

    @Test
    void within_a_budget_a_provider_searches_a_bounded_number_of_times() {
        AgentSpec agent =
                agent("{\"model\":{\"id\":\"m\"},\"system\":\"s\",\"tools\":[{\"type\":\"agent_toolset_20260401\"}]}");
        Prompt prompt = Prompt.of(agent, Transcript.of(log(turn(userSays("hi")))), NO_CATALOG.searching(true));
        Prompt within = prompt.within(new Fact.Reserved(Given.ASKED, 7, 0, "n", 0));
        String search = "{\"type\":\"web_search_20250305\",\"name\":\"web_search\"";
        assertThat(Json.text(prompt.body())).contains(search + "}").doesNotContain("max_uses");
        assertThat(Json.text(within.body())).contains(search + ",\"max_uses\":5}");
        assertThat(within.body().path("messages")).isEqualTo(prompt.body().path("messages"));
    }

    @Test
    void effort_and_speed_are_passed_on() {
        ObjectNode body = prompt(
                agent("{\"model\":{\"id\":\"m\",\"effort\":{\"type\":\"high\"},\"speed\":\"fast\"}}"),
                turn(userSays("hi")));
        assertThat(body.path("output_config")).isEqualTo(Json.parse("{\"effort\":\"high\"}"));
        assertThat(body.path("speed").asText()).isEqualTo("fast");
        assertThat(body.has("tools")).isFalse();
        assertThat(body.has("system")).isFalse();
    }

    @Test
    void a_blank_system_prompt_is_none() {
        for (String system : new String[] {"null", "\"\"", "\" \\n\""})
            assertThat(prompt(agent("{\"model\":{\"id\":\"m\"},\"system\":" + system + "}"), turn(userSays("hi")))
                            .has("system"))
                    .as(system)
                    .isFalse();
    }

    @Test
    void without_a_system_prompt_the_last_tool_is_marked() {
        ObjectNode body = prompt(
                agent("{\"model\":{\"id\":\"m\"},\"tools\":[{\"type\":\"agent_toolset_20260401\"}]}"),
                turn(userSays("hi")));
        JsonNode tools = body.path("tools");
        assertThat(tools.findValuesAsText("name")).contains("bash", "read", "write", "edit", "glob", "grep");
        for (int i = 0; i < tools.size(); i++)
            assertThat(tools.get(i).has("cache_control")).isEqualTo(i == tools.size() - 1);
        // The definitions are shared between requests.
        assertThat(prompt(SPEC, turn(userSays("hi"))).path("tools").findValues("cache_control"))
                .isEmpty();
    }

    @Test
    void disabled_tools_are_not_offered_and_custom_ones_are() {
        assertThat(prompt(SPEC, turn(userSays("hi"))).path("tools").findValuesAsText("name"))
                .contains("bash", "write", "weather")
                .doesNotContain("grep");
    }

    @Test
    void the_last_two_messages_of_the_user_are_marked_at_their_end() {
        ObjectNode body = prompt(
                SPEC,
                turn(userSays("a")),
                replied(BASH),
                returned(BASH),
                says("b"),
                turn(userSays("c"), userSays("d"), systemSays("e")));
        JsonNode messages = body.path("messages");
        assertThat(messages.path(0).findValues("cache_control")).isEmpty();
        assertThat(messages.path(2).path("content").path(0).has("cache_control"))
                .isTrue();
        assertThat(messages.path(4).path("content").path(0).has("cache_control"))
                .isFalse();
        assertThat(messages.path(4).path("content").path(1).has("cache_control"))
                .isTrue();
        assertThat(messages.path(5).findValues("cache_control")).isEmpty();
    }

    @Test
    void marks_do_not_stick_to_the_transcript() {
        Transcript transcript = Transcript.of(log(turn(userSays("a"))));
        String once = Json.text(Prompt.of(SPEC, transcript, NO_CATALOG).body());
        assertThat(Json.text(Prompt.of(SPEC, transcript, NO_CATALOG).body())).isEqualTo(once);
        assertThat(Json.array().addAll(transcript.messages()).findValues("cache_control"))
                .isEmpty();
    }

    @Test
    void a_request_has_at_most_four_marks_whatever_happened() {
        Histories.walk(5, (before, after) -> {
            if (!(after.step() instanceof Step.AskModel)) return;
            ObjectNode body =
                    Prompt.of(SPEC, Transcript.of(after.log()), NO_CATALOG).body();
            assertThat(body.findValues("cache_control")).hasSizeBetween(2, 4);
        });
    }

    @Test
    void a_mark_that_came_with_content_is_not_passed_on() {
        var marked = Json.parse("[{\"type\":\"text\",\"text\":\"a\",\"cache_control\":{\"type\":\"ephemeral\"}},"
                + "{\"type\":\"text\",\"text\":\"b\"}]");
        var input = new io.dormouse.session.Input.UserMessage(io.dormouse.Given.id("u"), marked);
        assertThat(prompt(SPEC, turn(input)).findValues("cache_control")).hasSize(2);
    }
}
