package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * The log folded into the model's messages. Only ever grows at its end, so that the next request begins with the last
 * one. Always legal for the model: roles alternate, every call has its result right behind it, nothing is empty.
 * Not thread-safe.
 */
public final class Transcript {
    private final List<ObjectNode> messages = new ArrayList<>();
    /** Content of the user's message that is still growing. */
    private final List<JsonNode> growing = new ArrayList<>();
    /** Calls of the last reply, and what came back for them so far. */
    private List<ToolCall> calls = List.of();

    private final Map<String, ToolResult> results = new HashMap<>();
    private final List<ObjectNode> systemMessages = new ArrayList<>();

    private final UnaryOperator<JsonNode> filler;

    /** @param filler brings back content that was put elsewhere because of its size */
    public Transcript(UnaryOperator<JsonNode> filler) {
        this.filler = filler;
    }

    public static Transcript of(List<Entry> entries) {
        Transcript transcript = new Transcript(UnaryOperator.identity());
        entries.forEach(transcript::add);
        return transcript;
    }

    public void add(Entry entry) {
        entry.facts().forEach(this::add);
    }

    void add(Fact fact) {
        switch (fact) {
            case Fact.TurnBegan f -> f.inputs().forEach(this::input);
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
            case Fact.TurnEnded f -> {}
            case Fact.HandAttached f -> {}
            case Fact.HandLost f -> {}
        }
    }

    private void input(Posted posted) {
        switch (posted.input()) {
            case Input.UserMessage m -> {
                filler.apply(m.content()).forEach(block -> growing.add(speaking(block)));
            }
            case Input.SystemMessage m -> {
                ObjectNode message = Json.object().put("role", "system");
                message.set("content", m.content());
                systemMessages.add(message);
            }
            case Input.Interrupt m -> {}
            case Input.Answer m -> {}
            case Input.Updated m -> {}
            case Input.Archived m -> {}
        }
    }

    /** The model refuses blocks of white space: say that there was nothing. */
    private static JsonNode speaking(JsonNode block) {
        boolean blank = "text".equals(block.path("type").asText())
                && block.path("text").asText().isBlank();
        return blank ? Json.object().put("type", "text").put("text", "(blank)") : block;
    }

    private void reply(Fact.ModelReplied reply) {
        if ("refusal".equals(reply.stopReason())) return;
        List<ObjectNode> content = new ArrayList<>();
        for (ObjectNode block : reply.content()) legal(block, content);
        if (content.isEmpty()) return;
        closeUser();
        message("assistant", content);
        calls = reply.calls();
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
        for (ToolResult result : more) results.put(result.modelId(), result);
        if (calls.isEmpty() || !calls.stream().allMatch(call -> results.containsKey(call.modelId()))) return;
        // Results come before everything else of their message, in the order of the calls.
        List<JsonNode> blocks = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (ToolCall call : calls) if (seen.add(call.modelId())) blocks.add(block(results.get(call.modelId())));
        growing.addAll(0, blocks);
        calls = List.of();
        results.clear();
    }

    private ObjectNode block(ToolResult result) {
        ObjectNode block = Json.object().put("type", "tool_result").put("tool_use_id", result.modelId());
        ArrayNode content = Json.array();
        filler.apply(result.content()).forEach(part -> content.add(speaking(part)));
        if (content.isEmpty()) content.addObject().put("type", "text").put("text", "(no output)");
        block.set("content", content);
        if (result.isError()) block.put("is_error", true);
        return block;
    }

    private void closeUser() {
        if (!growing.isEmpty()) message("user", growing);
        growing.clear();
        messages.addAll(systemMessages);
        systemMessages.clear();
    }

    private void message(String role, List<? extends JsonNode> content) {
        ObjectNode message = Json.object().put("role", role);
        message.putArray("content").addAll(content);
        messages.add(message);
    }

    /** The messages so far, the growing one as the last. */
    List<ObjectNode> messages() {
        List<ObjectNode> all = new ArrayList<>(messages);
        if (!growing.isEmpty()) {
            ObjectNode message = Json.object().put("role", "user");
            message.putArray("content").addAll(growing);
            all.add(message);
        }
        all.addAll(systemMessages);
        return all;
    }
}
