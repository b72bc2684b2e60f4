package io.dormouse.harness;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.outbound.Outbound;
import io.dormouse.session.ToolResult;
import io.dormouse.web.Web;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WebTest {
    private static final String TOOLSET = "[{'type':'agent_toolset_20260401','configs':["
            + "{'name':'web_fetch','enabled':true,'permission_policy':{'type':'always_allow'},'max_content_tokens':7},"
            + "{'name':'web_search','enabled':true,'permission_policy':{'type':'%s'},'allowed_domains':['a.example'],"
            + "'blocked_domains':[]}]}]";

    private static void turn(World world) {
        world.says("go");
        assertThat(world.harness().wake(world.thread, "one", Instant.MAX)).isEqualTo(Woken.SETTLED);
    }

    private static World world(String policy) {
        return new World(TOOLSET.formatted(policy));
    }

    private static JsonNode tool(World world, String name) {
        for (JsonNode tool : world.prompts.getFirst().path("tools"))
            if (tool.path("name").asText().equals(name)) return tool;
        throw new AssertionError(name);
    }

    @Test
    void a_page_is_fetched_without_a_hand_and_within_the_agents_rules() {
        World world = world("always_allow");
        List<String> fetched = new ArrayList<>();
        Web web = (caller, url, rules, cancellation) -> {
            fetched.add(caller.purpose() + " " + url + " " + rules.maxTokens() + " " + (caller.call() != null));
            return new Web.Answer.Page(ToolResult.text("the page"));
        };
        world.faulty = ports -> ports.with(web);
        world.replies.add(World.replying(
                "tool_use",
                "{'type':'tool_use','id':'toolu_1','name':'web_fetch','input':{'url':'https://a.example/'}}"));
        turn(world);
        assertThat(fetched).containsExactly(Outbound.Purpose.FETCH + " https://a.example/ 7 true");
        assertThat(world.handCalls).isEmpty();
        assertThat(world.event("agent.tool_use").path("name").asText()).isEqualTo("web_fetch");
        assertThat(world.event("agent.tool_result")
                        .path("content")
                        .path(0)
                        .path("text")
                        .asText())
                .isEqualTo("the page");
    }

    @Test
    void whatever_goes_wrong_is_a_result() {
        World world = world("always_allow");
        world.faulty = ports -> ports.with((caller, url, rules, cancellation) -> {
            throw new IllegalStateException("a bug");
        });
        world.replies.add(World.replying(
                "tool_use",
                "{'type':'tool_use','id':'toolu_1','name':'web_fetch','input':{'url':'https://a.example/'}}",
                "{'type':'tool_use','id':'toolu_2','name':'web_fetch','input':{'url':7}}",
                "{'type':'tool_use','id':'toolu_3','name':'web_fetch','input':{}}",
                "{'type':'tool_use','id':'toolu_4','name':'bash','input':{}}"));
        turn(world);
        assertThat(world.events().stream()
                        .filter(event -> event.path("type").asText().equals("agent.tool_result"))
                        .map(event -> event.path("content").path(0).path("text").asText()))
                .containsExactly(
                        "The page could not be fetched, because of a fault here.",
                        "The page could not be fetched, because of a fault here.",
                        "web_fetch needs a url.",
                        "ran bash");
    }

    @Test
    void without_a_search_of_the_provider_the_tool_says_so() {
        World world = world("always_allow");
        world.replies.add(World.calls("web_search"));
        turn(world);
        assertThat(tool(world, "web_search").has("input_schema")).isTrue();
        JsonNode result = world.event("agent.tool_result");
        assertThat(result.path("is_error").asBoolean()).isTrue();
        assertThat(result.path("content").path(0).path("text").asText()).startsWith("web_search is not available");
    }

    @Test
    void a_provider_that_searches_is_offered_its_own_tool_and_what_it_found_stays_word_for_word() {
        World world = world("always_allow");
        world.catalog = world.catalog.searching(true);
        String use = "{'type':'server_tool_use','id':'srvtoolu_1','name':'web_search','input':{'query':'x'}}";
        String found = "{'type':'web_search_tool_result','tool_use_id':'srvtoolu_1','content':[{'type':"
                + "'web_search_result','url':'https://a.example/','title':'A','encrypted_content':'Eq/+=='}]}";
        world.replies.add(World.replying("end_turn", use, found, "{'type':'text','text':'So.'}"));
        turn(world);
        assertThat(tool(world, "web_search").toString())
                .isEqualTo("{'type':'web_search_20250305','name':'web_search','allowed_domains':['a.example']}"
                        .replace('\'', '"'));
        assertThat(world.eventTypes())
                .containsSubsequence("agent.tool_use", "agent.tool_result", "agent.message", "session.status_idle");
        JsonNode call = world.event("agent.tool_use");
        assertThat(call.path("input").path("query").asText()).isEqualTo("x");
        JsonNode result = world.event("agent.tool_result");
        assertThat(result.path("tool_use_id")).isEqualTo(call.path("id"));
        assertThat(result.path("content").path(0).path("text").asText()).isEqualTo("A\nhttps://a.example/");
        turn(world);
        assertThat(world.prompts
                        .getLast()
                        .path("messages")
                        .get(1)
                        .path("content")
                        .toString())
                .contains(use.replace('\'', '"'), found.replace('\'', '"'));
    }

    @Test
    void where_somebody_is_to_be_asked_first_the_providers_tool_is_not_offered() {
        World world = world("always_ask");
        world.catalog = world.catalog.searching(true);
        turn(world);
        assertThat(tool(world, "web_search").has("input_schema")).isTrue();
    }

    @Test
    void a_search_that_was_cut_off_is_not_sent_back() {
        World world = world("always_allow");
        world.catalog = world.catalog.searching(true);
        world.replies.add(World.replying(
                "max_tokens",
                "{'type':'text','text':'Hm.'}",
                "{'type':'server_tool_use','id':'srvtoolu_1','name':'web_search','input':{}}"));
        turn(world);
        turn(world);
        assertThat(world.prompts.getLast().path("messages").toString()).doesNotContain("srvtoolu_1");
        assertThat(world.eventTypes()).doesNotContain("agent.tool_use");
    }
}
