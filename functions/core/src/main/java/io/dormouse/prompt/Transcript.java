package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.EventId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Tokens;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The log folded into the model's messages. Only ever grows at its end, so that the next request begins with the last
 * one; but a system message moves behind what the user says before the model's next word, for that is the only place
 * where it is taken. Always legal for the model: roles alternate, every call has its result right behind it, nothing is
 * empty. Not thread-safe.
 */
public final class Transcript {
    private static final int MAX_NAME = 128;
    private static final int MAX_ID = 256;

    private final List<ObjectNode> messages = new ArrayList<>();
    /** Content of the user's message that is still growing. */
    private final List<JsonNode> growing = new ArrayList<>();
    /** Calls of the last reply, each with the id that the model knows it by, and what came back for them so far. */
    private Map<EventId, String> calls = Map.of();

    private final Map<EventId, ToolResult> results = new HashMap<>();
    private final Set<String> callIds = new HashSet<>();
    private final List<ObjectNode> systemMessages = new ArrayList<>();

    private final UnaryOperator<JsonNode> filler;
    private long sizeBytes;
    private long tokens;

    /** Of the entry that is added. */
    private long position;

    private boolean turnRuns;
    private final List<Cut> cuts = new ArrayList<>();
    /** What a summary must not swallow: system messages, and what the user says in the turn that runs. */
    private final List<Told> told = new ArrayList<>();

    /**
     * Where a summary of what came before may end: no call is open, and what follows is a reply or the user.
     *
     * @param position of the last entry before it
     * @param tokens of all messages before it, estimated
     */
    record Cut(long position, long tokens) {}

    private record Told(long position, Posted posted) {}

    /** @param filler brings back content that was put elsewhere because of its size */
    public Transcript(UnaryOperator<JsonNode> filler) {
        this.filler = filler;
    }

    public static Transcript of(List<Entry> entries) {
        Transcript transcript = new Transcript(UnaryOperator.identity());
        entries.forEach(transcript::add);
        return transcript;
    }

    /** Begins with the summary instead of what it stands for. What follows are the entries behind its base. */
    public static Transcript from(Fact.Compacted compacted, UnaryOperator<JsonNode> filler) {
        Transcript transcript = new Transcript(filler);
        transcript.position = compacted.base();
        transcript.turnRuns = true;
        transcript.grow(Compaction.told(compacted.summary()));
        compacted.kept().forEach(transcript::input);
        transcript.cut();
        return transcript;
    }

    public void add(Entry entry) {
        position = entry.position();
        entry.facts().forEach(this::add);
        cut();
    }

    private void cut() {
        boolean between = calls.isEmpty() && (!growing.isEmpty() || !turnRuns && !messages.isEmpty());
        if (!between) return;
        if (!cuts.isEmpty() && cuts.getLast().tokens() == tokens) cuts.removeLast();
        cuts.add(new Cut(position, tokens));
    }

    void add(Fact fact) {
        switch (fact) {
            case Fact.TurnBegan f -> {
                turnRuns = true;
                f.inputs().forEach(this::input);
            }
            case Fact.InputsJoined f -> f.inputs().forEach(this::input);
            case Fact.ModelReplied f -> reply(f);
            case Fact.ToolsReturned f -> results(f.results());
            case Fact.ClientAnswered f -> results(f.results());
            case Fact.TurnInterrupted f -> results(f.results());
            case Fact.SessionBegan f -> {}
            case Fact.Noted f -> {}
            case Fact.ModelAsked f -> {}
            case Fact.ModelFailed f -> {}
            case Fact.ClientAwaited f -> {}
            case Fact.TurnEnded f -> {
                turnRuns = false;
                told.removeIf(each -> each.posted().input() instanceof Input.UserMessage);
            }
            case Fact.HandAttached f -> {}
            case Fact.HandLost f -> {}
            case Fact.CredentialUsed f -> {}
            // Tools stand before all messages.
            case Fact.ToolsListed f -> {}
            case Fact.ServerFailed f -> {}
            case Fact.CallsBegan f -> {}
            // Whoever folds begins anew here, with what the fact holds.
            case Fact.Compacted f -> {}
        }
    }

    List<Cut> cuts() {
        return cuts;
    }

    /** Of the last entry. */
    long position() {
        return position;
    }

    /** Of all messages, estimated. */
    long tokens() {
        return tokens;
    }

    /** What was said up to a position and must stay word for word. */
    List<Posted> said(long until) {
        return told.stream()
                .filter(each -> each.position() <= until)
                .map(Told::posted)
                .toList();
    }

    /** Roughly what the content takes up in memory: for whoever keeps transcripts and must not keep too many. */
    public long sizeBytes() {
        return sizeBytes;
    }

    private static long weight(JsonNode node) {
        if (!node.isContainerNode()) return 64 + node.asText().length();
        long weight = 256;
        for (JsonNode child : node) weight += weight(child);
        return weight;
    }

    private void input(Posted posted) {
        switch (posted.input()) {
            case Input.UserMessage m -> {
                told.add(new Told(position, posted));
                giveUpSearches();
                growing.addAll(blocks(m.content(), "(blank)"));
            }
            case Input.SystemMessage m -> {
                told.add(new Told(position, posted));
                systemMessages.add(message("system", blocks(m.content(), "(blank)")));
            }
            case Input.Interrupt m -> {}
            case Input.Answer m -> {}
            case Input.Updated m -> {}
            case Input.Archived m -> {}
        }
    }

    /** A search that paused, and that the user speaks after, is never answered; left open it would be refused for ever. */
    private void giveUpSearches() {
        if (!growing.isEmpty() || messages.isEmpty()) return;
        JsonNode content = messages.getLast().path("content");
        Set<String> answered = answered(content);
        List<JsonNode> left = new ArrayList<>();
        for (JsonNode block : content) if (!open(block, answered)) left.add(block);
        if (left.size() == content.size()) return;
        if (left.isEmpty()) left.add(text("(given up)"));
        messages.removeLast();
        messages.add(message("assistant", left));
    }

    private static Set<String> answered(Iterable<? extends JsonNode> content) {
        Set<String> answered = new HashSet<>();
        for (JsonNode block : content) answered.add(block.path("tool_use_id").asText());
        return answered;
    }

    /** Whether it is a call of the provider's own tool without its result. */
    private static boolean open(JsonNode block, Set<String> answered) {
        return "server_tool_use".equals(block.path("type").asText())
                && !answered.contains(block.path("id").asText());
    }

    private List<JsonNode> blocks(JsonNode content, String nothing) {
        List<JsonNode> blocks = new ArrayList<>();
        filler.apply(content).forEach(block -> blocks.add(speaking(block)));
        if (blocks.isEmpty()) blocks.add(text(nothing));
        blocks.forEach(this::weigh);
        return blocks;
    }

    private void weigh(JsonNode block) {
        sizeBytes += weight(block);
        tokens += Tokens.of(block);
    }

    private void grow(JsonNode block) {
        weigh(block);
        growing.add(block);
    }

    /** The model refuses blocks of white space: say that there was nothing. Cache marks are for the prompt to set. */
    private static JsonNode speaking(JsonNode block) {
        boolean blank = "text".equals(block.path("type").asText())
                && block.path("text").asText().isBlank();
        if (blank) return text("(blank)");
        return block.has("cache_control") ? ((ObjectNode) block).deepCopy().without("cache_control") : block;
    }

    private static ObjectNode text(String text) {
        return Json.object().put("type", "text").put("text", text);
    }

    private void reply(Fact.ModelReplied reply) {
        if ("refusal".equals(reply.stopReason())) return;
        Iterator<ToolCall> told = reply.calls().iterator();
        Map<EventId, String> ids = new LinkedHashMap<>();
        List<ObjectNode> content = new ArrayList<>();
        Set<String> answered = answered(reply.content());
        for (ObjectNode block : reply.content()) {
            // Only behind a pause may the provider still answer its own call: a reply that was cut off there is
            // refused.
            if (!"pause_turn".equals(reply.stopReason()) && open(block, answered)) continue;
            if ("tool_use".equals(block.path("type").asText()) && told.hasNext()) {
                ToolCall call = told.next();
                String id = unused(accepted(call.modelId(), MAX_ID));
                // As the model said it: a call of an MCP server has that server's name for it.
                String said = block.path("name").asText();
                String name = accepted(said, MAX_NAME);
                ids.put(call.id(), id);
                if (!id.equals(call.modelId()) || !name.equals(said))
                    block = block.deepCopy().put("id", id).put("name", name);
            }
            legal(block, content);
        }
        if (content.isEmpty()) return;
        content.forEach(this::weigh);
        closeUser();
        // After a pause of its own the model goes on with the same message.
        boolean goesOn = !messages.isEmpty()
                && "assistant".equals(messages.getLast().path("role").asText());
        if (goesOn) {
            List<JsonNode> all = new ArrayList<>();
            messages.removeLast().path("content").forEach(all::add);
            all.addAll(content);
            messages.add(message("assistant", all));
        } else messages.add(message("assistant", content));
        calls = ids;
    }

    /**
     * The API takes letters, digits, underscores and dashes only, though a model may say anything; and it is sent its own
     * words back for as long as the session lives.
     */
    private static String accepted(String said, int max) {
        int length = Math.min(said.length(), max);
        StringBuilder accepted = null;
        for (int i = 0; i < length; i++) {
            char c = said.charAt(i);
            boolean fine = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_' || c == '-';
            if (fine) continue;
            if (accepted == null) accepted = new StringBuilder(said);
            accepted.setCharAt(i, '_');
        }
        return (accepted == null ? said : accepted.toString()).substring(0, length);
    }

    /** Two calls of one id are refused, though a model may make them. */
    private String unused(String modelId) {
        String id = modelId;
        for (int i = 2; !callIds.add(id); i++) id = modelId + "_" + i;
        return id;
    }

    private static void legal(ObjectNode block, List<ObjectNode> content) {
        switch (block.path("type").asText()) {
            case "text" -> {
                if (!block.path("text").asText().isBlank()) content.add(block);
            }
            // A thought that was cut off has no signature, and without one it is refused.
            case "thinking" -> {
                if (!block.path("signature").asText().isEmpty()) content.add(block);
            }
            default ->
                content.add(block.has("malformed_input") ? block.deepCopy().without("malformed_input") : block);
        }
    }

    private void results(List<ToolResult> more) {
        for (ToolResult result : more) results.put(result.call(), result);
        if (calls.isEmpty() || !results.keySet().containsAll(calls.keySet())) return;
        // Results come before everything else of their message, in the order of the calls.
        List<JsonNode> blocks = new ArrayList<>();
        calls.forEach((call, id) -> blocks.add(block(id, results.get(call))));
        growing.addAll(0, blocks);
        calls = Map.of();
        results.clear();
    }

    private ObjectNode block(String id, ToolResult result) {
        ObjectNode block = Json.object().put("type", "tool_result").put("tool_use_id", id);
        block.putArray("content").addAll(blocks(result.content(), "(no output)"));
        if (result.isError()) block.put("is_error", true);
        return block;
    }

    private void closeUser() {
        if (!growing.isEmpty()) messages.add(message("user", growing));
        growing.clear();
        messages.addAll(systemMessages);
        systemMessages.clear();
    }

    private static ObjectNode message(String role, List<? extends JsonNode> content) {
        ObjectNode message = Json.object().put("role", role);
        message.putArray("content").addAll(content);
        return message;
    }

    /** The messages so far, the growing one as the last. */
    List<ObjectNode> messages() {
        List<ObjectNode> all = new ArrayList<>(messages);
        if (!growing.isEmpty()) all.add(message("user", growing));
        all.addAll(systemMessages);
        return all;
    }
}
