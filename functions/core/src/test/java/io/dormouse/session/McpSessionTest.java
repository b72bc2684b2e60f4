package io.dormouse.session;

import static io.dormouse.Given.NOON;
import static io.dormouse.Given.STAMP;
import static io.dormouse.Given.after;
import static io.dormouse.Given.allow;
import static io.dormouse.Given.asked;
import static io.dormouse.Given.id;
import static io.dormouse.Given.interrupt;
import static io.dormouse.Given.mail;
import static io.dormouse.Given.mailFrom;
import static io.dormouse.Given.reply;
import static io.dormouse.Given.says;
import static io.dormouse.Given.text;
import static io.dormouse.Given.turn;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.Given;
import io.dormouse.agents.AgentSpec;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Prompt;
import io.dormouse.prompt.Transcript;
import io.dormouse.session.Conversation.Phase;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.wire.WireEvents;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A session whose agent has an MCP server, from its facts alone. */
class McpSessionTest {
    private static final McpServer DOCS = new McpServer("docs", "https://docs.example/mcp");
    private static final JsonNode AGENT =
            Json.parse(("{'name':'Scout','model':{'id':'some-model'},'mcp_servers':[{'type':'url','name':'docs',"
                            + "'url':'https://docs.example/mcp'}],'tools':[{'type':'mcp_toolset','mcp_server_name':'docs',"
                            + "'default_config':{'enabled':true,'permission_policy':{'type':'always_ask'}},'configs':[]}]}")
                    .replace('\'', '"'));
    private static final Fact BEGAN = new Fact.SessionBegan(AGENT);
    private static final Fact LISTED = new Fact.ToolsListed(
            DOCS, List.of(new McpTool("search", "Finds.", Json.object().put("type", "object"), false)));
    private static final Fact FAILED = new Fact.ServerFailed("docs", "mcp_connection_failed_error", "not there");
    private static final ObjectNode BLOCK = Json.object()
            .put("type", "tool_use")
            .put("id", "toolu_t1")
            .put("name", "mcp__docs__search")
            .set("input", Json.object());

    private static ToolCall call(Gate gate) {
        return new ToolCall(id("t1"), "toolu_t1", "search", Json.object(), gate, "always_ask", null, "docs", false);
    }

    private static Fact.ModelReplied replied(Gate gate) {
        return reply("tool_use", List.of(BLOCK), call(gate));
    }

    private static Step next(Conversation conversation, Input... inputs) {
        return Step.next(conversation, mailFrom(10, inputs), STAMP);
    }

    @Test
    void tools_are_listed_before_the_model_is_asked_and_not_before_there_is_work() {
        assertThat(next(after(BEGAN))).isEqualTo(new Step.Rest());
        assertThat(next(after(BEGAN, turn(userSays("hi"))))).isEqualTo(new Step.ListTools(List.of(DOCS)));
        assertThat(next(after(BEGAN, turn(userSays("hi")), LISTED))).isInstanceOf(Step.Tell.class);
    }

    @Test
    void tools_that_are_listed_stay_for_good() {
        Conversation second = after(
                BEGAN,
                turn(userSays("hi")),
                LISTED,
                asked(),
                says("yes"),
                new Fact.TurnEnded(StopReason.END_TURN, null, null, null, Usage.NONE, 0),
                new Fact.TurnBegan(mailFrom(2, userSays("again"))));
        assertThat(next(second)).isInstanceOf(Step.Tell.class);
    }

    @Test
    void a_server_that_failed_is_tried_again_by_the_next_turn_and_not_by_the_next_request() {
        Conversation failed = after(BEGAN, turn(userSays("hi")), FAILED);
        assertThat(next(failed)).isInstanceOf(Step.Tell.class);
        Conversation next = after(
                BEGAN,
                turn(userSays("hi")),
                FAILED,
                asked(),
                says("yes"),
                new Fact.TurnEnded(StopReason.END_TURN, null, null, null, Usage.NONE, 0),
                new Fact.TurnBegan(mailFrom(2, userSays("again"))));
        assertThat(next(next)).isEqualTo(new Step.ListTools(List.of(DOCS)));
    }

    @Test
    void a_failure_is_told_by_an_event_and_does_not_end_the_turn() {
        JsonNode error = events(FAILED).getFirst().path("error");
        assertThat(events(FAILED).getFirst().path("type").asText()).isEqualTo("session.error");
        assertThat(error)
                .isEqualTo(Json.parse(("{'type':'mcp_connection_failed_error','message':'not there',"
                                + "'retry_status':{'type':'retrying'},'mcp_server_name':'docs'}")
                        .replace('\'', '"')));
        assertThat(after(BEGAN, turn(userSays("hi")), asked(), replied(Gate.ALLOWED), FAILED)
                        .phase())
                .isInstanceOf(Phase.Acting.class);
    }

    @Test
    void another_address_is_another_server() {
        ObjectNode moved = AGENT.deepCopy();
        ((ObjectNode) moved.path("mcp_servers").path(0)).put("url", "https://new.example/mcp");
        Fact update = new Fact.Noted(
                new Posted(7, NOON, new Input.Updated(id("up"), Json.object().set("agent", moved))));
        assertThat(next(after(BEGAN, turn(userSays("hi")), LISTED, update)))
                .isEqualTo(new Step.ListTools(List.of(new McpServer("docs", "https://new.example/mcp"))));
    }

    @Test
    void a_call_asks_and_after_its_confirmation_is_made() {
        Conversation asks = after(BEGAN, turn(userSays("hi")), LISTED, asked(), replied(Gate.ASK));
        assertThat(next(asks)).isInstanceOf(Step.Tell.class);
        Conversation allowed = asks.with(new Fact.ClientAnswered(mailFrom(2, allow("t1")), List.of(), true), NOON);
        assertThat(next(allowed)).isEqualTo(new Step.UseHands(List.of(call(Gate.ALLOWED))));
    }

    @Test
    void who_makes_a_call_is_remembered_until_it_has_a_result() {
        Conversation begun = after(
                BEGAN,
                turn(userSays("hi")),
                LISTED,
                asked(),
                replied(Gate.ALLOWED),
                new Fact.CallsBegan(List.of(id("t1")), "n1"));
        assertThat(begun.phase())
                .isEqualTo(new Phase.Acting(List.of(call(Gate.ALLOWED)), null, Map.of(id("t1"), "n1")));
        assertThat(next(begun, interrupt())).isEqualTo(new Step.UseHands(List.of(call(Gate.ALLOWED))));
        ToolResult result = ToolResult.of(call(Gate.ALLOWED), text("found"), false);
        assertThat(begun.with(new Fact.ToolsReturned(List.of(result)), NOON).phase())
                .isEqualTo(new Phase.Asking(null, null));
    }

    @Test
    void events_tell_the_servers_own_name_and_the_model_reads_its_own() {
        List<ObjectNode> told = events(replied(Gate.ASK));
        assertThat(told.getFirst().path("type").asText()).isEqualTo("agent.mcp_tool_use");
        assertThat(told.getFirst().path("name").asText()).isEqualTo("search");
        assertThat(told.getFirst().path("mcp_server_name").asText()).isEqualTo("docs");
        assertThat(told.getFirst().path("evaluated_permission").asText()).isEqualTo("ask");
        Fact result = new Fact.ToolsReturned(List.of(ToolResult.of(call(Gate.ALLOWED), text("found"), false)));
        assertThat(events(result).getFirst())
                .isEqualTo(Json.parse(
                        ("{'id':'" + events(result).getFirst().path("id").asText()
                                        + "','type':'agent.mcp_tool_result','processed_at':'" + NOON
                                        + "','mcp_tool_use_id':'sevt_t1','content':[{'type':'text','text':'found'}],"
                                        + "'is_error':false}")
                                .replace('\'', '"')));
        List<Entry> log = Given.log(BEGAN, turn(userSays("hi")), LISTED, asked(), replied(Gate.ALLOWED), result);
        Conversation conversation = after(BEGAN, turn(userSays("hi")), LISTED);
        Prompt prompt = Prompt.of(new AgentSpec(AGENT, conversation.mcp()), Transcript.of(log), Given.NO_CATALOG);
        assertThat(prompt.body().path("tools").path(0).path("name").asText()).isEqualTo("mcp__docs__search");
        assertThat(prompt.body()
                        .path("messages")
                        .path(1)
                        .path("content")
                        .path(0)
                        .path("name")
                        .asText())
                .isEqualTo("mcp__docs__search");
    }

    @Test
    void a_fold_that_begins_at_a_summary_knows_the_same_of_the_servers() {
        for (Fact known : List.of(LISTED, FAILED)) {
            List<Entry> log = new ArrayList<>(Given.log(BEGAN, turn(userSays("hi")), known, asked()));
            Conversation before = Conversation.EMPTY;
            for (Entry entry : log) before = before.after(entry);
            EventId request = ((Phase.Asking) before.phase()).open();
            Fact summary = new Fact.Compacted(
                    request, 2, "So far.", List.of(), 5, Usage.NONE, before.checkpoint(UnaryOperator.identity()));
            Entry entry = new Entry(log.size() + 1, 1, "n9", NOON, List.of(summary));
            assertThat(Conversation.from(entry, UnaryOperator.identity())).isEqualTo(before.after(entry));
            Entry stored = Json.read(Json.bytes(entry), Entry.class);
            assertThat(Conversation.from(stored, UnaryOperator.identity())).isEqualTo(before.after(entry));
        }
    }

    @Test
    void a_listing_counts_for_the_window() {
        Conversation before = after(BEGAN, turn(userSays("hi")));
        assertThat(before.with(LISTED, NOON).context().tokens())
                .isGreaterThan(before.context().tokens());
        assertThat(mail()).isEmpty();
    }

    private static List<ObjectNode> events(Fact fact) {
        return new WireEvents(Given.SESSION.primaryThread(), "Scout", UnaryOperator.identity())
                .of(new Entry(2, 1, "nonce", NOON, List.of(fact)));
    }
}
