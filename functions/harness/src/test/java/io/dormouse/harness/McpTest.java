package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static io.dormouse.harness.World.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.mcp.Servers;
import io.dormouse.mcp.Servers.Answer;
import io.dormouse.mcp.Servers.Listing;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Legality;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A session with an MCP server, from its messages to its events. */
@Timeout(300)
class McpTest {
    private final FakeServers servers = new FakeServers();

    private World world(String tools) {
        World world = new World("[" + tools + "]", FakeServers.DOCS);
        world.faulty = ports -> ports.with(servers);
        return world;
    }

    private World allowing() {
        return world(FakeServers.toolset("always_allow"));
    }

    private static void turn(World world, Harness harness, String text) {
        world.says(text);
        assertThat(harness.wake(world.thread, "one", Instant.MAX)).isEqualTo(Woken.SETTLED);
    }

    private static List<String> tools(JsonNode prompt) {
        return prompt.path("tools").findValuesAsText("name");
    }

    private static String result(World world) {
        return world.event("agent.mcp_tool_result")
                .path("content")
                .path(0)
                .path("text")
                .asText();
    }

    // ---- tools

    @Test
    void tools_are_listed_once_and_stay_the_same_for_every_later_process() {
        World world = allowing();
        turn(world, world.harness(), "hi");
        servers.listing = (server, cancellation) -> new Listing.Listed(List.of());
        turn(world, world.harness(), "again");
        assertThat(servers.listed).containsExactly("docs");
        assertThat(tools(world.prompts.get(0))).containsExactly("mcp__docs__put", "mcp__docs__get");
        assertThat(world.prompts.get(1).path("tools"))
                .isEqualTo(world.prompts.get(0).path("tools"));
    }

    @Test
    void a_server_that_fails_is_told_once_a_turn_and_the_turn_goes_on() {
        World world = allowing();
        Harness harness = world.harness();
        var works = servers.listing;
        servers.listing = (server, cancellation) -> new Listing.Failed(Servers.Failure.AUTHENTICATION, "HTTP 401");
        turn(world, harness, "hi");
        assertThat(world.event("session.error").path("error"))
                .isEqualTo(Json.parse("{\"type\":\"mcp_authentication_failed_error\",\"message\":\"HTTP 401\","
                        + "\"retry_status\":{\"type\":\"retrying\"},\"mcp_server_name\":\"docs\"}"));
        assertThat(tools(world.prompts.getLast())).isEmpty();
        assertThat(world.event("session.status_idle")
                        .path("stop_reason")
                        .path("type")
                        .asText())
                .isEqualTo("end_turn");
        servers.listing = works;
        turn(world, harness, "again");
        assertThat(servers.listed).hasSize(2);
        assertThat(tools(world.prompts.getLast())).hasSize(2);
    }

    @Test
    void without_a_way_out_the_session_says_so_and_works() {
        World world = new World("[" + FakeServers.toolset("always_allow") + "]", FakeServers.DOCS);
        turn(world, world.harness(), "hi");
        assertThat(world.event("session.error").path("error").path("type").asText())
                .isEqualTo("mcp_connection_failed_error");
        assertThat(world.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void an_interrupt_ends_a_listing_that_hangs() throws Exception {
        World world = allowing();
        CountDownLatch asked = new CountDownLatch(1);
        servers.listing = (server, cancellation) -> {
            asked.countDown();
            await(cancellation);
            return new Listing.Cancelled();
        };
        world.says("hi");
        Harness harness = world.harness();
        Thread wake = Thread.startVirtualThread(() -> harness.wake(world.thread, "one", Instant.MAX));
        asked.await();
        world.post(new Input.Interrupt(world.ids.event()));
        harness.poke(world.thread);
        wake.join();
        assertThat(world.prompts).isEmpty();
        assertThat(world.eventTypes()).contains("user.interrupt").endsWith("session.status_idle");
    }

    private static void await(Cancellation cancellation) {
        CountDownLatch over = new CountDownLatch(1);
        cancellation.onRequest(over::countDown);
        try {
            over.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // ---- calls

    @Test
    void a_call_has_its_events_and_its_result_for_the_model() {
        World world = allowing();
        world.replies.add(calls("mcp__docs__put"));
        turn(world, world.harness(), "hi");
        ObjectNode use = world.event("agent.mcp_tool_use");
        assertThat(use.path("name").asText()).isEqualTo("put");
        assertThat(use.path("mcp_server_name").asText()).isEqualTo("docs");
        assertThat(use.path("evaluated_permission").asText()).isEqualTo("allow");
        assertThat(world.event("agent.mcp_tool_result").path("mcp_tool_use_id")).isEqualTo(use.path("id"));
        assertThat(result(world)).isEqualTo("did put");
        assertThat(Legality.faults(world.prompts.getLast().path("messages"))).isEmpty();
        assertThat(World.lastText(world.prompts.getLast())).isEmpty();
        Outbound.Caller caller = servers.callers.getFirst();
        assertThat(caller.call().text()).isEqualTo(use.path("id").asText());
        assertThat(caller.session()).isEqualTo(world.session);
        assertThat(caller.purpose()).isEqualTo(Outbound.Purpose.MCP);
        assertThat(servers.left).containsOnly(caller.epoch());
        assertThat(world.handCalls).isEmpty();
    }

    @Test
    void a_call_that_asks_is_made_when_it_is_allowed_and_not_when_it_is_denied() {
        World world = world(FakeServers.toolset("always_ask"));
        Harness harness = world.harness();
        for (boolean allow : new boolean[] {false, true}) {
            world.replies.add(calls("mcp__docs__put"));
            turn(world, harness, "hi");
            assertThat(world.event("session.status_idle")
                            .path("stop_reason")
                            .path("type")
                            .asText())
                    .isEqualTo("requires_action");
            assertThat(servers.calls).isEmpty();
            EventId call =
                    new EventId(world.event("agent.mcp_tool_use").path("id").asText());
            world.post(new Input.Confirmation(world.ids.event(), call, allow, allow ? null : "not now"));
            assertThat(harness.wake(world.thread, "one", Instant.MAX)).isEqualTo(Woken.SETTLED);
            assertThat(result(world)).contains(allow ? "did put" : "not now");
            assertThat(world.event("agent.mcp_tool_result")
                            .path("mcp_tool_use_id")
                            .asText())
                    .isEqualTo(call.text());
        }
        assertThat(servers.calls).containsExactly("put");
    }

    @Test
    void calls_of_hands_and_of_servers_are_made_side_by_side_and_told_in_order() {
        World world = world("{'type':'agent_toolset_20260401'}," + FakeServers.toolset("always_allow"));
        CountDownLatch both = new CountDownLatch(2);
        servers.answer = (tool, cancellation) -> {
            both.countDown();
            return new Answer.Result(ToolResult.text("did " + tool + met(both)), false);
        };
        world.hand = (call, cancellation) -> {
            both.countDown();
            return new io.dormouse.hands.HandResult.Output(ToolResult.text("ran" + met(both)), false);
        };
        world.replies.add(calls("mcp__docs__put", "bash"));
        turn(world, world.harness(), "hi");
        JsonNode results = world.prompts.getLast().path("messages").path(2).path("content");
        assertThat(results.path(0).path("content").path(0).path("text").asText())
                .isEqualTo("did put");
        assertThat(results.path(1).path("content").path(0).path("text").asText())
                .isEqualTo("ran");
        assertThat(world.handCalls).hasSize(1);
    }

    private static String met(CountDownLatch both) {
        try {
            return both.await(60, java.util.concurrent.TimeUnit.SECONDS) ? "" : " alone";
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void a_failure_is_an_error_of_the_session_and_a_result_for_the_model() {
        World world = allowing();
        servers.answer = (tool, cancellation) -> new Answer.Failed(Servers.Failure.CONNECTION, "it broke", true);
        world.replies.add(calls("mcp__docs__put", "mcp__docs__put"));
        turn(world, world.harness(), "hi");
        assertThat(world.eventTypes().stream().filter("session.error"::equals)).hasSize(1);
        assertThat(result(world))
                .isEqualTo(
                        "The MCP server failed: it broke The call may or may not have taken effect; it was not made again.");
        assertThat(world.event("agent.mcp_tool_result").path("is_error").asBoolean())
                .isTrue();
    }

    @Test
    void an_interrupt_stops_a_call_and_says_that_it_may_have_had_an_effect() throws Exception {
        World world = allowing();
        CountDownLatch called = new CountDownLatch(1);
        servers.answer = (tool, cancellation) -> {
            called.countDown();
            await(cancellation);
            return new Answer.Cancelled();
        };
        world.replies.add(calls("mcp__docs__put"));
        world.says("hi");
        Harness harness = world.harness();
        Thread wake = Thread.startVirtualThread(() -> harness.wake(world.thread, "one", Instant.MAX));
        called.await();
        world.post(new Input.Interrupt(world.ids.event()));
        harness.poke(world.thread);
        wake.join();
        assertThat(result(world)).startsWith("Interrupted by the user").contains("may or may not");
        assertThat(world.eventTypes()).endsWith("session.status_idle");
        assertThat(servers.calls).hasSize(1);
    }

    @Test
    void a_result_that_is_too_long_goes_to_a_file_of_the_sandbox() {
        World world = allowing();
        servers.answer = (tool, cancellation) ->
                new Answer.Result(ToolResult.text("begin " + "x".repeat(400_000) + " end"), false);
        world.replies.add(calls("mcp__docs__put"));
        turn(world, world.harness(), "hi");
        assertThat(world.handCalls).hasSize(1);
        assertThat(world.handCalls.getFirst().name()).isEqualTo("write");
        String path = world.handCalls.getFirst().input().path("file_path").asText();
        assertThat(world.handCalls.getFirst().input().path("content").asText()).hasSize(400_010);
        assertThat(result(world))
                .contains("/workspace/" + path, "begin xxx")
                .endsWith("x end")
                .hasSizeLessThan(9_000);
        assertThat(world.log.read(world.thread, 0, 100).stream().flatMap(entry -> entry.facts().stream()))
                .anyMatch(Fact.HandAttached.class::isInstance);
    }

    @Test
    void what_the_sandbox_lacks_is_told_when_a_long_result_is_what_it_was_made_for() {
        World world = allowing();
        world.lacking = "apt: not installed";
        servers.answer = (tool, cancellation) -> new Answer.Result(ToolResult.text("x".repeat(400_000)), false);
        world.replies.add(calls("mcp__docs__put"));
        turn(world, world.harness(), "hi");
        assertThat(world.event("session.error").path("error").path("message").asText())
                .isEqualTo("apt: not installed");
    }

    @Test
    void a_large_result_is_not_kept_in_the_log_itself() {
        World world = allowing();
        servers.answer = (tool, cancellation) -> new Answer.Result(ToolResult.text("x".repeat(200_000)), false);
        world.replies.add(calls("mcp__docs__put", "mcp__docs__get"));
        turn(world, world.harness(), "hi");
        world.log.read(world.thread, 0, 100).forEach(entry -> assertThat(Json.bytes(entry))
                .hasSizeLessThan(70_000));
        assertThat(Json.text(world.prompts.getLast())).contains("x".repeat(200_000));
    }

    @Test
    void a_call_of_a_tool_that_is_not_there_is_refused() {
        World world = allowing();
        world.replies.add(calls("mcp__docs__nothing"));
        turn(world, world.harness(), "hi");
        assertThat(servers.calls).isEmpty();
        assertThat(world.event("agent.tool_use").path("evaluated_permission").asText())
                .isEqualTo("deny");
    }

    @Test
    void a_hostile_listing_is_cut_to_what_a_session_can_hold() {
        World world = allowing();
        servers.listing = (server, cancellation) -> {
            List<io.dormouse.agents.McpTool> many = new java.util.ArrayList<>();
            for (int i = 0; i < 1_000; i++)
                many.add(new io.dormouse.agents.McpTool(
                        "t" + i + "\n", "d".repeat(100_000), Json.object().put("type", "object"), false));
            for (int i = 0; i < 1_000; i++)
                many.add(new io.dormouse.agents.McpTool(
                        "t" + i, "d".repeat(100_000), Json.object().put("type", "object"), false));
            return new Listing.Listed(many);
        };
        world.replies.add(text("done"));
        turn(world, world.harness(), "hi");
        assertThat(world.prompts.getLast().path("tools").size()).isBetween(20, 128);
        world.log.read(world.thread, 0, 100).forEach(entry -> assertThat(Json.bytes(entry))
                .hasSizeLessThan(210_000));
    }
}
