package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A reply out of the events of a Messages API stream. Feed it events until {@link #over}, then take {@link #end}. Whatever a
 * server sends, the outcome is a {@link Model.Reply} and no exception. Not for several threads.
 */
public final class ReplyStream implements SseParser.Sink {
    /** The most that one reply may send, counting the data of every event. */
    public static final int MAX_BYTES = 32_000_000;

    public static final int MAX_BLOCKS = 1_000;
    private static final int MAX_MESSAGE_CHARS = 1_000;
    private static final Set<String> CUT_OFF = Set.of("max_tokens", "model_context_window_exceeded");

    private final Model.Watcher watcher;
    private final List<StreamedBlock> blocks = new ArrayList<>();
    private final StreamedUsage usage = new StreamedUsage();
    private long bytes;
    private boolean started;
    private String stopReason;
    private JsonNode stopDetails;
    private Model.Reply outcome;

    public ReplyStream(Model.Watcher watcher) {
        this.watcher = watcher;
    }

    /** Whether the outcome is known and later events would be ignored. */
    public boolean over() {
        return outcome != null;
    }

    /** The stream has ended: the outcome, which is a failure if the message had not ended before. */
    public Model.Reply end() {
        return outcome != null ? outcome : broken(Model.Failure.UNREACHABLE, "the model's stream ended early", null);
    }

    /** The stream was given up by us. A message that had ended before stays what it was. */
    public Model.Reply cancelled() {
        return outcome != null ? outcome : new Model.Reply.Cancelled(usage.total());
    }

    /** The stream broke. A message that had ended before stays what it was. @param retryAfter may be null */
    public Model.Reply broken(Model.Failure kind, String message, Duration retryAfter) {
        return failed(kind, message, retryAfter, true);
    }

    /** There is no stream, for the request was refused or did not get there. @param retryAfter may be null */
    public Model.Reply refused(Model.Failure kind, String message, Duration retryAfter) {
        return failed(kind, message, retryAfter, false);
    }

    private Model.Reply failed(Model.Failure kind, String message, Duration retryAfter, boolean begun) {
        if (outcome == null) {
            outcome = new Model.Reply.Failed(
                    kind, WellFormed.start(message, MAX_MESSAGE_CHARS), retryAfter, usage.total(), begun);
        }
        return outcome;
    }

    /** One event; its kind is the {@code type} in the data, its name is not needed. */
    @Override
    public void event(String name, byte[] buffer, int from, int to) {
        if (outcome != null) return;
        bytes += to - from;
        if (bytes > MAX_BYTES) {
            garbage("a reply of more than " + MAX_BYTES + " bytes");
            return;
        }
        JsonNode event;
        try {
            event = Json.MAPPER.readTree(buffer, from, to - from);
        } catch (IOException e) {
            garbage("an event that is not JSON");
            return;
        }
        event(event);
    }

    private void event(JsonNode event) {
        String type = event.path("type").asText();
        switch (type) {
            case "message_start" -> messageStart(event.path("message"));
            case "content_block_start" -> blockStart(event);
            case "content_block_delta" -> delta(event);
            case "content_block_stop" -> blockStop(event);
            case "message_delta" -> messageDelta(event);
            case "message_stop" -> messageStop();
            case "error" -> error(event.path("error"));
            // The API may add kinds at any time, and asks clients to pass over them; ping is one.
            default -> {
                if (type.isEmpty()) garbage("an event without a type");
            }
        }
    }

    private void messageStart(JsonNode message) {
        if (started) {
            garbage("a second message_start");
            return;
        }
        started = true;
        usage.report(message.path("usage"));
    }

    private void blockStart(JsonNode event) {
        if (!started || stopReason != null) {
            garbage("a content block outside of the message");
        } else if (blocks.size() == MAX_BLOCKS) {
            garbage("more than " + MAX_BLOCKS + " content blocks");
        } else if (index(event) != blocks.size()) {
            garbage("a content block out of order");
        } else {
            open(WellFormed.tree(event.path("content_block")));
        }
    }

    private void open(JsonNode start) {
        if (!(start instanceof ObjectNode object) || object.path("type").textValue() == null) {
            garbage("a content block without a type");
            return;
        }
        int index = blocks.size();
        StreamedBlock block = new StreamedBlock(object);
        blocks.add(block);
        watcher.opened(index, block.type());
        if ("tool_use".equals(block.type())) watcher.calls(object.path("name").asText());
        showText(block, index, object.path("text").asText(""));
    }

    /** -1 unless it is a whole number: a fraction or a power of ten is not the index that it rounds to. */
    private static int index(JsonNode event) {
        JsonNode index = event.path("index");
        return index.isInt() ? index.intValue() : -1;
    }

    private StreamedBlock openBlock(JsonNode event) {
        int index = index(event);
        if (index < 0 || index >= blocks.size() || blocks.get(index).closed()) {
            garbage("an event for a content block that is not open");
            return null;
        }
        return blocks.get(index);
    }

    private void blockStop(JsonNode event) {
        StreamedBlock block = openBlock(event);
        if (block != null) block.close();
    }

    private void delta(JsonNode event) {
        StreamedBlock block = openBlock(event);
        if (block == null) return;
        JsonNode delta = event.path("delta");
        String type = delta.path("type").asText();
        switch (type) {
            case "text_delta", "thinking_delta", "signature_delta", "input_json_delta", "citations_delta" -> {
                if (block.accepts(type)) add(block, index(event), type, delta);
                else garbage("a " + type + " in a block of type " + block.type());
            }
            default -> {
                // A kind that the API added later: the block is kept without it.
            }
        }
    }

    private void add(StreamedBlock block, int index, String type, JsonNode delta) {
        switch (type) {
            case "text_delta" -> showText(block, index, delta.path("text").asText(""));
            case "thinking_delta" -> block.addThinking(delta.path("thinking").asText(""));
            case "signature_delta" -> block.addSignature(delta.path("signature").asText(""));
            case "input_json_delta" -> block.addJson(delta.path("partial_json").asText(""));
            default -> {
                JsonNode citation = WellFormed.tree(delta.path("citation"));
                if (citation != null && citation.isObject()) block.addCitation(citation);
            }
        }
    }

    private void showText(StreamedBlock block, int index, String delta) {
        String shown = block.addText(delta);
        if (!shown.isEmpty()) watcher.text(index, shown);
    }

    private void messageDelta(JsonNode event) {
        if (!started) {
            garbage("a message_delta before the message");
            return;
        }
        usage.report(event.path("usage"));
        JsonNode delta = event.path("delta");
        String reason = Json.textOrNull(delta, "stop_reason");
        if (reason != null && !reason.isEmpty()) stopReason = WellFormed.text(reason);
        JsonNode details = delta.get("stop_details");
        if (details != null && !details.isNull()) stopDetails = WellFormed.tree(details);
    }

    private void messageStop() {
        if (stopReason == null) {
            garbage("a message that ended without a stop_reason");
            return;
        }
        List<ObjectNode> content = new ArrayList<>(blocks.size());
        Set<String> calls = new HashSet<>();
        for (int i = 0; i < blocks.size(); i++) {
            boolean cut = i == blocks.size() - 1 && CUT_OFF.contains(stopReason);
            ObjectNode block = blocks.get(i).complete(cut);
            content.add(block);
            if (!block.path("type").asText().equals("tool_use")) continue;
            // A call without a name, or with an id given twice, could never be answered.
            if (!named(block) || !calls.add(block.path("id").asText())) {
                garbage("a tool call without a name and an id of its own");
                return;
            }
        }
        outcome = new Model.Reply.Complete(List.copyOf(content), stopReason, stopDetails, usage.total());
    }

    private static boolean named(ObjectNode call) {
        return call.path("id").isTextual()
                && !call.path("id").asText().isEmpty()
                && call.path("name").isTextual()
                && !call.path("name").asText().isEmpty();
    }

    private void error(JsonNode error) {
        String type = error.path("type").asText();
        String message = error.path("message").asText("");
        broken(failure(type).by(message), message.isEmpty() ? "the model's stream ended with " + type : message, null);
    }

    /** @param errorType the {@code error.type} of an error of the Messages API; anything unknown may be retried */
    public static Model.Failure failure(String errorType) {
        return switch (errorType) {
            case "overloaded_error" -> Model.Failure.OVERLOADED;
            case "rate_limit_error" -> Model.Failure.RATE_LIMITED;
            case "billing_error" -> Model.Failure.BILLING;
            case "invalid_request_error",
                    "authentication_error",
                    "permission_error",
                    "not_found_error",
                    "request_too_large" -> Model.Failure.REFUSED;
            default -> Model.Failure.UNREACHABLE;
        };
    }

    private void garbage(String what) {
        broken(Model.Failure.UNREACHABLE, "the model's stream holds " + what, null);
    }
}
