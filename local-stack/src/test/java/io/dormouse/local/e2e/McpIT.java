package io.dormouse.local.e2e;

import static io.dormouse.testkit.mcp.ScriptedMcpServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.mcp.client.Timeouts;
import io.dormouse.session.Entry;
import io.dormouse.testkit.mcp.ScriptedMcpServer;
import io.dormouse.testkit.mcp.ScriptedMcpServer.Harm;
import io.dormouse.testkit.mcp.ScriptedMcpServer.Speech;
import io.dormouse.testkit.outbound.DirectOutbound;
import io.dormouse.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sessions with MCP servers: the protocol's own server of everything, one with OAuth, and hostile ones. */
@Timeout(300)
class McpIT {
    private static final Timeouts SHORT =
            new Timeouts(Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(10));

    @TempDir
    Path folder;

    private final DirectOutbound outbound = new DirectOutbound();
    private ScriptedMcpServer server;
    private McpDesk desk;

    @AfterEach
    void close() {
        if (desk != null) desk.close();
        if (server != null) server.close();
        outbound.close();
    }

    private McpDesk desk(String policy, String... servers) throws IOException {
        desk = new McpDesk(folder, outbound, SHORT, policy, servers);
        return desk;
    }

    private McpDesk desk(ScriptedMcpServer scripted) throws IOException {
        server = scripted;
        return desk("always_allow", "docs", server.url().toString());
    }

    private static void node() throws InterruptedException {
        String missing = EverythingServer.missing();
        if (missing != null && System.getenv("CI") != null) throw new AssertionError(missing);
        if (missing != null) System.err.println("Part of McpIT is skipped: " + missing);
        Assumptions.assumeTrue(missing == null, missing);
    }

    // ---- the server of everything

    @Test
    void the_server_of_everything_works_over_streamable_http() throws Exception {
        node();
        try (EverythingServer everything = EverythingServer.start("streamableHttp")) {
            everything(desk("always_allow", "everything", everything.url("/mcp")));
            Eventually.until("its session is ended", () -> outbound.sent().stream()
                    .anyMatch(sent -> sent.method().equals("DELETE")));
        }
    }

    @Test
    void the_server_of_everything_works_over_the_older_transport() throws Exception {
        node();
        try (EverythingServer everything = EverythingServer.start("sse")) {
            everything(desk("always_allow", "everything", everything.url("/sse")));
            assertThat(outbound.sent()).anyMatch(sent -> sent.method().equals("GET"));
        }
    }

    private static void everything(McpDesk desk) {
        desk.willCall("mcp__everything__echo", "{'message':'hello'}");
        desk.say("go");
        assertThat(desk.result()).isEqualTo("Echo: hello");
        assertThat(desk.tools())
                .contains("mcp__everything__echo", "mcp__everything__get-sum")
                .hasSizeGreaterThan(8);
        JsonNode use = desk.last("agent.mcp_tool_use");
        assertThat(use.path("name").asText()).isEqualTo("echo");
        assertThat(use.path("mcp_server_name").asText()).isEqualTo("everything");
        List<String> before = desk.tools();

        desk.willCall("mcp__everything__get-sum", "{'a':2,'b':3}");
        desk.willCall("mcp__everything__get-tiny-image", "{}");
        desk.say("more");
        assertThat(desk.tools()).isEqualTo(before);
        JsonNode image = desk.last("agent.mcp_tool_result").path("content");
        assertThat(image.findValuesAsText("type")).contains("image");
        assertThat(Talk.of(desk.events(), "agent.mcp_tool_result").get(1).toString())
                .contains("5");

        desk.willCall("mcp__everything__get-resource-reference", "{'resourceType':'Text','resourceId':1}");
        desk.willCall("mcp__everything__get-structured-content", "{'location':'New York'}");
        desk.willCall("mcp__everything__get-sum", "{'a':'no number'}");
        desk.say("and more");
        assertThat(Talk.of(desk.events(), "agent.mcp_tool_result").get(3).toString())
                .contains("[resource ");
        assertThat(Talk.of(desk.events(), "agent.mcp_tool_result").get(4).toString())
                .contains("temperature");
        assertThat(desk.last("agent.mcp_tool_result").path("is_error").asBoolean())
                .isTrue();
        assertThat(Talk.of(desk.events(), "session.error")).isEmpty();
        sound(desk);
    }

    private static void sound(McpDesk desk) {
        Verifier verifier = new Verifier(content -> content);
        for (Entry entry : desk.log()) verifier.add(entry);
        assertThat(verifier.findings()).isEmpty();
    }

    @Test
    void a_long_operation_is_interrupted() throws Exception {
        node();
        try (EverythingServer everything = EverythingServer.start("streamableHttp")) {
            McpDesk here = desk("always_allow", "everything", everything.url("/mcp"));
            here.willCall("mcp__everything__trigger-long-running-operation", "{'duration':60,'steps':5}");
            Thread interrupting = Thread.startVirtualThread(() -> {
                Eventually.until("the call is under way", () -> outbound.sent().stream()
                        .anyMatch(sent -> sent.caller().call() != null));
                here.interrupt();
            });
            here.say("go");
            interrupting.join();
            assertThat(here.result()).startsWith("Interrupted by the user");
            assertThat(here.last("session.status_idle")
                            .path("stop_reason")
                            .path("type")
                            .asText())
                    .isEqualTo("end_turn");
        }
    }

    // ---- a server with OAuth

    @Test
    void a_server_that_wants_a_token_is_an_error_of_the_session_until_there_is_one() throws Exception {
        desk(ScriptedMcpServer.start(Speech.EVENTS).bearer("t0ken").tool("echo", input -> text("hi")));
        desk.say("one");
        JsonNode error = desk.last("session.error").path("error");
        assertThat(error.path("type").asText()).isEqualTo("mcp_authentication_failed_error");
        assertThat(error.path("mcp_server_name").asText()).isEqualTo("docs");
        assertThat(error.path("retry_status").path("type").asText()).isEqualTo("retrying");
        assertThat(desk.tools()).isEmpty();
        assertThat(desk.last("agent.message").toString()).contains("Done.");

        outbound.bearer("t0ken");
        desk.willCall("mcp__docs__echo", "{}");
        desk.say("two");
        assertThat(desk.result()).isEqualTo("hi");

        server.bearer("rotated");
        desk.willCall("mcp__docs__echo", "{}");
        desk.say("three");
        assertThat(desk.last("agent.mcp_tool_result").path("is_error").asBoolean())
                .isTrue();
        assertThat(desk.result()).contains("HTTP 401").endsWith("The call was not made.");
        assertThat(Talk.of(desk.events(), "session.error")).hasSize(2);
        assertThat(Json.text(desk.log()) + desk.prompts).doesNotContain("t0ken");
        sound(desk);
    }

    @Test
    void a_tool_asks_by_default_and_runs_when_it_is_allowed() throws Exception {
        server = ScriptedMcpServer.start(Speech.JSON).tool("echo", input -> text("hi"));
        desk("always_ask", "docs", server.url().toString());
        desk.willCall("mcp__docs__echo", "{}");
        desk.say("go");
        assertThat(desk.last("session.status_idle")
                        .path("stop_reason")
                        .path("type")
                        .asText())
                .isEqualTo("requires_action");
        assertThat(server.messages("tools/call")).isEmpty();
        desk.allow(desk.last("agent.mcp_tool_use").path("id").asText());
        assertThat(desk.result()).isEqualTo("hi");
        sound(desk);
    }

    @Test
    void a_result_that_is_too_long_is_in_the_sandbox() throws Exception {
        String line = "all work and no play\n";
        desk(ScriptedMcpServer.start(Speech.JSON).tool("book", input -> text(line.repeat(40_000) + "the end")));
        desk.willCall("mcp__docs__book", "{}");
        desk.willCall("bash", "{'command':'wc -c mcp_results/*.txt; tail -c 7 mcp_results/*.txt'}");
        desk.say("go");
        String told = desk.result();
        String ran = desk.last("agent.tool_result")
                .path("content")
                .path(0)
                .path("text")
                .asText();
        Assumptions.assumeFalse(told.contains("could not be written"), told);
        assertThat(told)
                .contains("/workspace/mcp_results/", "all work")
                .endsWith("the end")
                .hasSizeLessThan(10_000);
        assertThat(ran).startsWith("840007 ").endsWith("the end");
        try (var files = Files.list(desk.workspace().resolve("mcp_results"))) {
            assertThat(files.map(Path::getFileName).map(Path::toString).toList())
                    .containsExactly(desk.last("agent.mcp_tool_use").path("id").asText() + ".txt");
        }
    }

    // ---- hostile servers

    @Test
    void no_hostile_server_ends_a_session() throws Exception {
        desk(ScriptedMcpServer.start(Speech.EVENTS));
        ObjectNode control = Json.object().put("name", "rm\u001b[2J");
        server.tool(control, input -> text(""));
        for (int i = 0; i < 3_000; i++)
            server.tool(
                    Json.object().put("name", "t" + i).put("description", "d".repeat(2_000)), input -> text("fine"));
        desk.say("hi");
        assertThat(desk.tools()).hasSizeBetween(50, 128).noneMatch(name -> name.contains("rm"));
        for (Harm harm : Harm.values()) {
            server.harm("t1", harm);
            desk.willCall("mcp__docs__t1", "{}");
            desk.say(harm.name());
            boolean resumed = harm == Harm.BREAKS_RESUMABLY;
            assertThat(desk.last("agent.mcp_tool_result").path("is_error").asBoolean())
                    .as(harm.name())
                    .isEqualTo(!resumed);
            server.harm("t1", null);
            desk.willCall("mcp__docs__t1", "{}");
            desk.say("and now?");
            assertThat(desk.result()).as("after " + harm).isEqualTo("fine");
        }
        for (Entry entry : desk.log()) assertThat(Json.bytes(entry)).hasSizeLessThan(300_000);
        sound(desk);
    }

    @Test
    void a_handshake_that_goes_wrong_is_told_and_tried_again_by_the_next_turn() throws Exception {
        desk(ScriptedMcpServer.start(Speech.JSON).tool("echo", input -> text("hi")));
        server.version("1999-01-01");
        desk.say("one");
        assertThat(desk.last("session.error").path("error").path("type").asText())
                .isEqualTo("mcp_connection_failed_error");
        server.version("2025-06-18").harm("tools/list", Harm.NO_JSON);
        desk.say("two");
        assertThat(Talk.of(desk.events(), "session.error")).hasSize(2);
        server.harm("tools/list", null);
        desk.say("three");
        assertThat(desk.tools()).containsExactly("mcp__docs__echo");
        assertThat(Talk.of(desk.events(), "session.error")).hasSize(2);
        sound(desk);
    }

    @Test
    void the_lock_file_names_no_place_to_download_from() throws IOException {
        assertThat(Files.readString(RunningSuite.ROOT.resolve("local-stack/src/test/mcp/package-lock.json")))
                .doesNotContain("\"resolved\"")
                .doesNotContain("://")
                .contains("\"integrity\"");
    }
}
