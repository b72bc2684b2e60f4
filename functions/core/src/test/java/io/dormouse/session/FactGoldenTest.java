package io.dormouse.session;

import static io.dormouse.Given.NOON;
import static io.dormouse.Given.id;
import static io.dormouse.Given.text;
import static io.dormouse.Given.textBlock;
import static io.dormouse.Given.thinking;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.Given;
import io.dormouse.agents.McpServer;
import io.dormouse.agents.McpTool;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.json.Json;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.session.ToolCall.Gate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * One line for each shape that was ever stored, in {@code facts.jsonl}. A line is never edited or taken out: logs that hold
 * it are out there. A shape that changes gets another line, and the old one must still be read.
 */
class FactGoldenTest {
    private static final Usage USAGE = new Usage(1, 2, 3, 4, 5, 6, 7);
    private static final ObjectNode INPUT = Json.object().put("command", "ls").put("timeout_ms", 1000);
    private static final ToolCall ALLOWED =
            new ToolCall(id("t1"), "toolu_1", "bash", INPUT, Gate.ALLOWED, "always_allow", null);
    private static final ToolCall ASK = new ToolCall(id("t2"), "toolu_2", "write", INPUT, Gate.ASK, "always_ask", null);
    private static final ToolCall CUSTOM = new ToolCall(id("t3"), "toolu_3", "weather", INPUT, Gate.CUSTOM, null, null);
    private static final ToolCall REFUSED = new ToolCall(
            id("t4"), "toolu_4", "nope", Json.object(), Gate.REFUSED, null, "There is no tool named nope.");
    private static final ToolResult OUTPUT = new ToolResult(id("t1"), "toolu_1", text("a\n"), false);
    private static final ToolResult ERROR = new ToolResult(id("t4"), "toolu_4", text("no"), true);

    private static final JsonNode BLOB = Json.object().put("$blob", "ab12").put("bytes", 70000);
    private static final Posted MESSAGE = posted(1, new Input.UserMessage(id("u1"), text("hi")));
    private static final Posted SPILLED = posted(2, new Input.UserMessage(id("u2"), BLOB));
    private static final Posted SYSTEM = posted(3, new Input.SystemMessage(id("u3"), text("Be kind.")));
    private static final Posted INTERRUPT = posted(4, new Input.Interrupt(id("u4")));
    private static final Posted ALLOW = posted(5, new Input.Confirmation(id("u5"), id("t2"), true, null));
    private static final Posted DENY = posted(6, new Input.Confirmation(id("u6"), id("t2"), false, "No."));
    private static final Posted RESULT = posted(7, new Input.CustomResult(id("u7"), id("t3"), text("sunny"), false));
    private static final Posted UPDATED =
            posted(8, new Input.Updated(id("u8"), Json.object().put("title", "x")));
    private static final Posted ARCHIVED = posted(9, new Input.Archived(id("u9")));

    private static final Posted LIMITED = posted(8, Given.budget(new Budget(500)));
    private static final Posted UNLIMITED = posted(9, Given.budget(null));
    private static final JsonNode UNREAD = BLOB.<ObjectNode>deepCopy().put("unread", true);

    private static final JsonNode SCHEMA = Json.object().put("type", "object");

    /** What the lines of the file say, in their order. */
    private static final List<Object> SHAPES = List.of(
            new Fact.SessionBegan(Json.object()
                    .put("name", "Scout")
                    .set("model", Json.object().put("id", "m"))),
            new Fact.Noted(UPDATED),
            new Fact.Noted(ARCHIVED),
            new Fact.TurnBegan(List.of(MESSAGE, SPILLED, SYSTEM)),
            new Fact.InputsJoined(List.of(MESSAGE)),
            new Fact.ModelAsked(id("m1"), false),
            new Fact.ModelAsked(id("m1"), true),
            new Fact.ModelReplied(
                    id("m1"),
                    List.of(thinking("hm", "sig"), textBlock("So:")),
                    List.of(ALLOWED, ASK, CUSTOM, REFUSED),
                    "tool_use",
                    null,
                    USAGE),
            new Fact.ModelReplied(
                    id("m1"), List.of(), List.of(), "refusal", Json.object().put("category", "x"), USAGE),
            new Fact.ModelFailed(id("m1"), "model_overloaded_error", "Overloaded.", NOON.plusMillis(250), USAGE),
            new Fact.ModelFailed(id("m1"), null, null, null, Usage.NONE),
            new Fact.ToolsReturned(List.of(OUTPUT, ERROR)),
            new Fact.ClientAwaited(List.of(id("t2"), id("t3")), USAGE, 1500),
            new Fact.ClientAnswered(List.of(ALLOW, DENY, RESULT), List.of(ERROR), true),
            new Fact.TurnInterrupted(List.of(INTERRUPT), List.of(ERROR), null, Usage.NONE),
            new Fact.TurnInterrupted(List.of(INTERRUPT), List.of(), id("m1"), USAGE),
            new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USAGE, 1500),
            new Fact.TurnEnded(StopReason.REFUSAL, Json.object().put("type", "refusal"), null, null, USAGE, 1500),
            new Fact.TurnEnded(StopReason.RETRIES_EXHAUSTED, null, "unknown_error", "So.", USAGE, 1500),
            new Fact.HandAttached("hand_1"),
            new Fact.HandLost("hand_1", "gone"),
            new Entry(7, 3, "n7", NOON.plusMillis(1), List.of(new Fact.ModelAsked(id("m1"), false))),
            new Fact.ModelAsked(id("m1"), false, true),
            new Fact.ModelFailed(id("m1"), null, "prompt is too long", null, USAGE, true),
            new Fact.Compacted(
                    id("m1"),
                    6,
                    "So far.",
                    List.of(MESSAGE, SPILLED, SYSTEM),
                    1234,
                    USAGE,
                    new Checkpoint(
                            Json.object().put("name", "Scout"), new Taken(1, 2, 3, 4), USAGE, 1500, NOON, 7, 1, 2, 1)),
            new Fact.Compacted(
                    id("m1"),
                    6,
                    "So far.",
                    List.of(),
                    1234,
                    USAGE,
                    new Checkpoint(BLOB, Taken.NONE, Usage.NONE, 0, null, 0, 0, 0, 0)),
            new Fact.CredentialUsed(new CredentialUse(
                    new CredentialId("vcrd_1"), "api.example.org", "POST", "/v1/repos/*", 201, 1234, id("t1"))),
            new Fact.CredentialUsed(
                    new CredentialUse(new CredentialId("vcrd_1"), "api.example.org", "GET", "/", 0, 0, null)),
            new Fact.ToolsListed(
                    new McpServer("docs", "https://docs.example/mcp"),
                    List.of(
                            new McpTool("search", "Finds pages.", SCHEMA, true),
                            new McpTool("put page", null, SCHEMA, false))),
            new Fact.ServerFailed("docs", "mcp_authentication_failed_error", "HTTP 401"),
            new Fact.CallsBegan(List.of(id("t5")), "n9"),
            new Fact.ModelReplied(
                    id("m1"),
                    List.of(),
                    List.of(
                            new ToolCall(
                                    id("t5"),
                                    "toolu_5",
                                    "put page",
                                    INPUT,
                                    Gate.ASK,
                                    "always_ask",
                                    null,
                                    "docs",
                                    false),
                            new ToolCall(
                                    id("t6"),
                                    "toolu_6",
                                    "search",
                                    INPUT,
                                    Gate.ALLOWED,
                                    "always_allow",
                                    null,
                                    "docs",
                                    true)),
                    "tool_use",
                    null,
                    USAGE),
            new Fact.ToolsReturned(List.of(new ToolResult(id("t5"), "toolu_5", text("done"), false, true))),
            new Fact.Compacted(
                    id("m1"),
                    6,
                    "So far.",
                    List.of(),
                    1234,
                    USAGE,
                    new Checkpoint(BLOB, Taken.NONE, Usage.NONE, 0, null, 0, 0, 0, 0, BLOB)),
            new Fact.SessionBegan(
                    Json.object().put("name", "Scout"),
                    List.of(new Fact.Unreachable(new VaultId("vlt_1"), new CredentialId("vcrd_1"), "Not there."))),
            new Fact.HandAttached("hand_1", "apt: not installed"),
            new Fact.SessionBegan(Json.object().put("name", "Scout"), List.of(), new Budget(250)),
            new Fact.Noted(LIMITED),
            new Fact.Noted(UNLIMITED, true),
            new Fact.Reserved(id("m1"), 123_456_789_012L, 0, "n9", 0),
            new Fact.Reserved(id("m1"), 7_000_000, 1_024, "n9", 123_456_789_012L),
            new Fact.BudgetReached(false, USAGE, 1500, new Budget(250)),
            new Fact.BudgetReached(true, USAGE, 1500, new Budget(250)),
            new Fact.ClientAwaited(List.of(id("t2")), USAGE, 1500, new Budget(250)),
            new Fact.TurnEnded(StopReason.END_TURN, null, null, null, USAGE, 1500, new Budget(250)),
            new Fact.Compacted(
                    id("m1"),
                    6,
                    "So far.",
                    List.of(),
                    1234,
                    USAGE,
                    new Checkpoint(BLOB, Taken.NONE, Usage.NONE, 0, null, 0, 0, 0, 0, null, new Budget(250))),
            new Fact.TurnBegan(List.of(posted(1, new Input.UserMessage(id("u1"), UNREAD)))));

    private static Posted posted(long seq, Input input) {
        return new Posted(seq, NOON, input);
    }

    private static List<String> lines() {
        try (InputStream in = FactGoldenTest.class.getResourceAsStream("facts.jsonl")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** As the log's element: the type is told by the declared one. */
    private static Object read(String line, Object like) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        return like instanceof Entry ? Json.read(bytes, Entry.class) : Json.read(bytes, Fact.class);
    }

    @Test
    void every_stored_line_is_read_as_it_was_meant() {
        List<String> lines = lines();
        assertThat(lines).hasSameSizeAs(SHAPES);
        for (int i = 0; i < lines.size(); i++)
            assertThat(read(lines.get(i), SHAPES.get(i))).isEqualTo(SHAPES.get(i));
    }

    @Test
    void every_shape_is_written_to_the_same_bytes() {
        List<String> written = new ArrayList<>();
        for (Object shape : SHAPES) written.add(Json.text(shape));
        assertThat(written).isEqualTo(lines());
    }

    @Test
    void every_kind_of_fact_and_input_has_a_line() {
        Set<Class<?>> kinds = new HashSet<>();
        for (Object shape : SHAPES) kinds.add(shape.getClass());
        assertThat(kinds).contains(Fact.class.getPermittedSubclasses());
        String all = String.join("\n", lines());
        for (String input : List.of(
                "user_message", "system_message", "interrupt", "confirmation", "custom_result", "updated", "archived"))
            assertThat(all).contains("{\"input\":\"" + input + "\",");
    }

    @Test
    void a_field_that_is_not_known_yet_is_passed_over() {
        assertThat(read("{\"fact\":\"hand_attached\",\"hand\":\"hand_1\",\"later\":{\"x\":1}}", SHAPES.getFirst()))
                .isEqualTo(new Fact.HandAttached("hand_1"));
    }

    @Test
    void numbers_in_a_call_keep_their_digits() {
        String line = "{\"x\":1.50,\"y\":1E+5,\"z\":123456789012345678901234567890,\"n\":null,\"s\":\"\\u20ac\"}";
        String once = Json.text(Json.parse(line));
        assertThat(once).startsWith("{\"x\":1.50,\"y\":1E+5,\"z\":123456789012345678901234567890,\"n\":null");
        assertThat(Json.text(Json.parse(once))).isEqualTo(once);
    }
}
