package io.dormouse.mcp.client;

import static io.dormouse.testkit.mcp.ScriptedMcpServer.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.mcp.Servers.Answer;
import io.dormouse.mcp.Servers.Failure;
import io.dormouse.mcp.Servers.Listing;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import io.dormouse.testkit.mcp.ScriptedMcpServer;
import io.dormouse.testkit.mcp.ScriptedMcpServer.Harm;
import io.dormouse.testkit.mcp.ScriptedMcpServer.Speech;
import io.dormouse.testkit.outbound.DirectOutbound;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Against a server that does as it is told, over every transport. */
@Timeout(300)
class SdkServersTest {
    private static final SessionId SESSION = new SessionId("sesn_1111111111111111111111");
    private static final Caller OWNER = caller(null);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final DirectOutbound outbound = new DirectOutbound();
    private final SdkServers servers = new SdkServers(outbound, new Timeouts(PATIENCE, PATIENCE, PATIENCE), PATIENCE);
    private final List<ScriptedMcpServer> started = new ArrayList<>();

    private static Caller caller(String call) {
        return new Caller(
                WorkspaceId.DEFAULT,
                SESSION,
                SESSION.primaryThread(),
                3,
                call == null ? null : new EventId(call),
                Outbound.Purpose.MCP);
    }

    @AfterEach
    void close() {
        servers.leave(OWNER);
        started.forEach(ScriptedMcpServer::close);
        outbound.close();
    }

    private ScriptedMcpServer server(Speech speech) {
        ScriptedMcpServer server = ScriptedMcpServer.start(speech);
        started.add(server);
        return server.tool("echo", input -> text("you said " + input.path("x").asText()));
    }

    private static McpServer at(ScriptedMcpServer server) {
        return new McpServer("docs", server.url().toString());
    }

    private Listing list(ScriptedMcpServer server) {
        return servers.list(OWNER, at(server), new Cancellation());
    }

    private Answer call(ScriptedMcpServer server, String tool) {
        return servers.call(caller("sevt_1"), at(server), tool, Json.object().put("x", "hi"), new Cancellation());
    }

    private static String said(Answer answer) {
        return ((Answer.Result) answer).content().path(0).path("text").asText();
    }

    private Answer.Failed failed(Harm harm, Speech speech) {
        ScriptedMcpServer server = server(speech).harm("echo", harm);
        return (Answer.Failed) call(server, "echo");
    }

    // ---- the protocol

    @ParameterizedTest
    @EnumSource
    void tools_are_listed_and_called_over_every_transport(Speech speech) {
        ScriptedMcpServer server = server(speech);
        assertThat(((Listing.Listed) list(server)).tools())
                .containsExactly(new McpTool("echo", null, Json.object().put("type", "object"), false));
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
        assertThat(server.messages("tools/call")).hasSize(2);
        // One connection for all that one owner does.
        assertThat(server.messages("notifications/initialized")).hasSize(1);
    }

    @Test
    void a_session_with_the_server_is_kept_for_its_owner_and_ended_when_that_leaves() throws Exception {
        ScriptedMcpServer server = server(Speech.JSON);
        list(server);
        call(server, "echo");
        assertThat(server.sessions()).isEqualTo(1);
        assertThat(server.requests()).doesNotContain("DELETE");
        servers.leave(OWNER);
        assertThat(server.requests()).contains("DELETE");
        call(server, "echo");
        assertThat(server.sessions()).isEqualTo(2);
    }

    @Test
    void every_request_says_who_asks_and_none_holds_a_credential() {
        ScriptedMcpServer server = server(Speech.JSON);
        outbound.bearer("the-token");
        server.bearer("the-token");
        list(server);
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
        assertThat(outbound.sent()).allSatisfy(sent -> {
            assertThat(sent.caller().purpose()).isEqualTo(Outbound.Purpose.MCP);
            assertThat(sent.caller().epoch()).isEqualTo(3);
            assertThat(sent.headers().toString())
                    .doesNotContain("the-token")
                    .doesNotContainIgnoringCase("authorization");
        });
        assertThat(outbound.sent().stream().map(sent -> sent.caller().call()))
                .contains(new EventId("sevt_1"))
                .containsNull();
        Outbound.Header version = new Outbound.Header("MCP-Protocol-Version", "2025-06-18");
        assertThat(outbound.sent().getLast().headers()).contains(version);
    }

    @Test
    void a_session_that_the_server_forgot_is_made_anew_and_the_call_is_made_once() {
        ScriptedMcpServer server = server(Speech.EVENTS);
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
        server.forgetSession();
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
        assertThat(server.sessions()).isEqualTo(2);
    }

    @Test
    void a_broken_stream_is_resumed_and_the_call_is_not_made_again() {
        ScriptedMcpServer server = server(Speech.EVENTS).harm("echo", Harm.BREAKS_RESUMABLY);
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
        assertThat(server.messages("tools/call")).hasSize(1);
        assertThat(server.requests()).contains("GET");
    }

    // ---- failures

    @Test
    void a_server_that_wants_a_token_is_told_apart_from_one_that_is_not_there() {
        for (Speech speech : Speech.values()) {
            ScriptedMcpServer server = server(speech).bearer("secret");
            assertThat(((Listing.Failed) list(server)).kind()).as(speech.name()).isEqualTo(Failure.AUTHENTICATION);
            assertThat(call(server, "echo")).isInstanceOfSatisfying(Answer.Failed.class, f -> {
                assertThat(f.kind()).isEqualTo(Failure.AUTHENTICATION);
                assertThat(f.sent()).isFalse();
            });
        }
        ScriptedMcpServer gone = server(Speech.JSON);
        gone.close();
        assertThat(((Listing.Failed) list(gone)).kind()).isEqualTo(Failure.CONNECTION);
    }

    @Test
    void a_token_that_expires_between_two_calls_is_told() {
        ScriptedMcpServer server = server(Speech.JSON);
        call(server, "echo");
        server.bearer("another");
        assertThat(call(server, "echo")).isInstanceOfSatisfying(Answer.Failed.class, f -> {
            assertThat(f.kind()).isEqualTo(Failure.AUTHENTICATION);
            assertThat(f.sent()).isFalse();
        });
        outbound.bearer("another");
        assertThat(said(call(server, "echo"))).isEqualTo("you said hi");
    }

    @Test
    void an_answer_that_does_not_come_leaves_open_whether_the_call_was_made() {
        for (Speech speech : Speech.values())
            assertThat(failed(Harm.BREAKS, speech).sent()).as(speech.name()).isTrue();
        assertThat(failed(Harm.HTTP_500, Speech.JSON).sent()).isTrue();
        assertThat(failed(Harm.NO_JSON, Speech.JSON).sent()).isTrue();
        assertThat(failed(Harm.NO_JSON, Speech.EVENTS).sent()).isTrue();
        assertThat(failed(Harm.WRONG_ID, Speech.EVENTS).sent()).isTrue();
        assertThat(failed(Harm.ENDLESS, Speech.EVENTS).message()).contains("larger than");
    }

    @Test
    void what_a_server_says_of_its_failure_is_printable() {
        assertThat(failed(Harm.HTTP_500, Speech.JSON).message()).isEqualTo("The server answered HTTP 500: broken");
    }

    @Test
    void a_redirect_is_not_followed() {
        ScriptedMcpServer server = server(Speech.JSON).harm("initialize", Harm.REDIRECT);
        assertThat(((Listing.Failed) list(server)).message()).contains("307");
        assertThat(server.requests()).containsExactly("POST initialize");
    }

    @Test
    void a_version_that_nobody_knows_is_a_failure_to_connect() {
        ScriptedMcpServer server = server(Speech.JSON).version("1999-01-01");
        assertThat(((Listing.Failed) list(server)).message()).contains("Unsupported protocol version");
    }

    @Test
    void a_handshake_that_is_nonsense_is_a_failure_to_connect() {
        for (Harm harm : List.of(Harm.NO_JSON, Harm.WRONG_ID, Harm.BREAKS, Harm.HTTP_500, Harm.NOT_FOUND)) {
            ScriptedMcpServer server = server(Speech.EVENTS).harm("initialize", harm);
            assertThat(((Listing.Failed) list(server)).kind()).as(harm.name()).isEqualTo(Failure.CONNECTION);
        }
    }

    @Test
    void a_server_that_is_silent_is_given_up() {
        Duration soon = Duration.ofMillis(300);
        SdkServers shy = new SdkServers(outbound, new Timeouts(soon, PATIENCE, PATIENCE));
        ScriptedMcpServer silent = server(Speech.JSON).harm("initialize", Harm.HANGS);
        assertThat(shy.list(OWNER, at(silent), new Cancellation())).isInstanceOf(Listing.Failed.class);
        ScriptedMcpServer slow = server(Speech.JSON).harm("echo", Harm.HANGS);
        assertThat(servers.list(OWNER, at(slow), new Cancellation())).isInstanceOf(Listing.Listed.class);
        SdkServers hasty = new SdkServers(outbound, new Timeouts(PATIENCE, PATIENCE, Duration.ofSeconds(2)));
        assertThat(hasty.call(OWNER, at(slow), "echo", Json.object(), new Cancellation()))
                .isInstanceOfSatisfying(
                        Answer.Failed.class, f -> assertThat(f.sent()).isTrue());
    }

    @ParameterizedTest
    @EnumSource
    void a_cancelled_call_returns_at_once_and_the_server_hears_of_it(Speech speech) throws Exception {
        ScriptedMcpServer server = server(speech).harm("echo", Harm.HANGS);
        list(server);
        Cancellation cancellation = new Cancellation();
        CompletableFuture<Answer> answer = CompletableFuture.supplyAsync(
                () -> servers.call(caller("sevt_1"), at(server), "echo", Json.object(), cancellation));
        until(() -> !server.messages("tools/call").isEmpty());
        cancellation.request();
        assertThat(answer.get(60, TimeUnit.SECONDS)).isEqualTo(new Answer.Cancelled());
        until(() -> !server.messages("notifications/cancelled").isEmpty());
        assertThat(server.messages("notifications/cancelled")
                        .getFirst()
                        .path("params")
                        .path("requestId"))
                .isEqualTo(server.messages("tools/call").getFirst().path("id"));
    }

    private static void until(java.util.function.BooleanSupplier fact) throws InterruptedException {
        for (int i = 0; i < 6000 && !fact.getAsBoolean(); i++) Thread.sleep(10);
        assertThat(fact.getAsBoolean()).isTrue();
    }

    // ---- what tools are and say

    @Test
    void one_odd_tool_does_not_spoil_a_listing() {
        ScriptedMcpServer server = server(Speech.JSON);
        ObjectNode odd = Json.object().put("name", "odd");
        odd.putArray("inputSchema");
        server.tool(odd, input -> text(""));
        ObjectNode job = Json.object().put("name", "job");
        job.putObject("execution").put("taskSupport", "required");
        server.tool(job, input -> text(""));
        ObjectNode hinted =
                Json.object().put("name", "hinted").put("title", "T").put("description", "Reads.");
        hinted.putObject("annotations")
                .put("readOnlyHint", true)
                .put("priority", "high")
                .put("title", 7);
        hinted.putObject("execution").put("taskSupport", "optional");
        hinted.putObject("inputSchema")
                .put("type", "object")
                .put("$schema", "x")
                .put("minProperties", 1.50);
        server.tool(hinted, input -> text(""));
        List<McpTool> tools = ((Listing.Listed) list(server)).tools();
        assertThat(tools).extracting(McpTool::name).containsExactly("echo", "hinted");
        assertThat(tools.getLast().repeatable()).isTrue();
        assertThat(tools.getLast().description()).isEqualTo("Reads.");
        assertThat(Json.text(tools.getLast().inputSchema()))
                .isEqualTo("{\"type\":\"object\",\"$schema\":\"x\",\"minProperties\":1.5}");
    }

    @Test
    void an_error_of_the_protocol_is_an_answer_for_the_model() {
        ScriptedMcpServer server = server(Speech.JSON);
        assertThat(call(server, "nonsense"))
                .isEqualTo(new Answer.Result(Json.array().add(Contents.text("Unknown tool")), true));
    }

    private JsonNode result(String json) {
        ObjectNode result = (ObjectNode) Json.parse(json.replace('\'', '"'));
        ScriptedMcpServer server = server(Speech.JSON).tool("special", input -> result);
        return ((Answer.Result) call(server, "special")).content();
    }

    @Test
    void every_kind_of_content_becomes_something_that_a_model_takes() {
        JsonNode content = result("{'content':[{'type':'text','text':'a','annotations':{'priority':0.5}},"
                + "{'type':'image','data':'aGk=','mimeType':'image/png','_meta':{'x':1}},"
                + "{'type':'image','data':'aGk=','mimeType':'image/tiff'},{'type':'image','data':'!!','mimeType':'image/png'},"
                + "{'type':'audio','data':'aGk=','mimeType':'audio/wav'},"
                + "{'type':'resource_link','uri':'file:///a','name':'a','mimeType':'text/plain'},"
                + "{'type':'resource','resource':{'uri':'file:///t','mimeType':'text/plain','text':'words'}},"
                + "{'type':'resource','resource':{'uri':'file:///p','mimeType':'application/pdf','blob':'aGk='}},"
                + "{'type':'hologram','x':1},{'type':'text'},7]}");
        List<String> kinds = new ArrayList<>();
        content.forEach(block -> kinds.add(block.path("type").asText()));
        assertThat(kinds)
                .containsExactly(
                        "text", "image", "text", "text", "text", "text", "text", "document", "text", "text", "text");
        assertThat(content.path(1).path("source"))
                .isEqualTo(Json.parse("{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"aGk=\"}"));
        assertThat(Stream.of(5, 6, 8).map(i -> content.path(i).path("text").asText()))
                .containsExactly(
                        "[resource file:///a] a, text/plain",
                        "[resource file:///t]\nwords",
                        "[content of a kind that is not known here: hologram]");
    }

    @Test
    void structured_content_is_told_when_there_is_no_other() {
        assertThat(result("{'content':[],'structuredContent':{'n':1}}")
                        .path(0)
                        .path("text")
                        .asText())
                .isEqualTo("{\"n\":1}");
        assertThat(result("{'content':[{'type':'text','text':'one'}],'structuredContent':{'n':1}}"))
                .hasSize(1);
        assertThat(result("{'content':[]}")).isEmpty();
    }

    @Test
    void a_tool_that_fails_says_so_itself() {
        ScriptedMcpServer server = server(Speech.EVENTS)
                .tool("fails", input -> text("no such page").put("isError", true));
        assertThat(call(server, "fails"))
                .isEqualTo(new Answer.Result(Json.array().add(Contents.text("no such page")), true));
    }
}
