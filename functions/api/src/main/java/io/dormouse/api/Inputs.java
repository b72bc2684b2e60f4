package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Fields;
import io.dormouse.head.Head;
import io.dormouse.id.EventId;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.resource.Spill;
import io.dormouse.session.Input;
import java.util.ArrayList;
import java.util.List;

/** Reads the events that a client may send. */
final class Inputs {
    static final int MAX_EVENTS = 100;
    static final int MAX_INITIAL_EVENTS = 50;
    private static final int MAX_BLOCKS = 1000;
    private static final int MAX_TEXT = 8_000_000;
    private static final int MAX_SYSTEM_BLOCKS = 1000;

    private static final List<String> IMAGES = List.of("image/jpeg", "image/png", "image/gif", "image/webp");

    private final Ids ids;
    private final Spill spill;
    private final ThreadId thread;
    /** What of one content stays in the mailbox: so much that any batch finds room in an empty one. */
    private int keptBytes = Spill.LIMIT_BYTES;

    Inputs(Ids ids, Spill spill, ThreadId thread) {
        this.ids = ids;
        this.spill = spill;
        this.thread = thread;
    }

    /** The {@code events} of a request, in order. */
    List<Input> events(Fields body) {
        List<Fields> events = body.objects("events", MAX_EVENTS);
        if (events.isEmpty()) throw body.refuse("events", "must have at least one event");
        share(events.size());
        List<Input> inputs = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            Fields event = events.get(i);
            Input input = event(event);
            if (input instanceof Input.SystemMessage) {
                boolean follows = i > 0
                        && (inputs.get(i - 1) instanceof Input.UserMessage
                                || inputs.get(i - 1) instanceof Input.CustomResult);
                if (i != events.size() - 1 || !follows)
                    throw event.refuse(
                            "type",
                            "system.message must be the last event, right after a user.message or a tool result");
            }
            inputs.add(input);
        }
        return inputs;
    }

    /** The {@code initial_events} of a new session. */
    List<Input> initial(Fields body) {
        List<Input> inputs = new ArrayList<>();
        List<Fields> events = body.objects("initial_events", MAX_INITIAL_EVENTS);
        share(events.size());
        for (Fields event : events) {
            String type = event.text("type", 1, 100);
            if (type.equals("user.define_outcome")) throw notYet(event, type);
            if (!type.equals("user.message")) throw event.refuse("type", "must be user.message or user.define_outcome");
            inputs.add(event(event));
        }
        return inputs;
    }

    private void share(int events) {
        keptBytes = Math.min(Spill.LIMIT_BYTES, Head.MAX_MAIL_BYTES / 2 / Math.max(1, events));
    }

    private JsonNode kept(ArrayNode content) {
        return spill.spill(content, keptBytes);
    }

    private Input event(Fields event) {
        EventId id = ids.event();
        String type = event.text("type", 1, 100);
        return switch (type) {
            case "user.message" -> new Input.UserMessage(id, kept(blocks(event, true, false)));
            case "system.message" -> new Input.SystemMessage(id, kept(system(event)));
            case "user.interrupt" -> interrupt(event, id);
            case "user.tool_confirmation" -> confirmation(event, id);
            case "user.custom_tool_result" ->
                new Input.CustomResult(
                        id,
                        new EventId(event.text("custom_tool_use_id", 1, 200)),
                        kept(blocks(event, false, true)),
                        event.flag("is_error", false));
            case "user.define_outcome", "user.tool_result" -> throw notYet(event, type);
            default ->
                throw event.refuse(
                        "type",
                        "must be one of user.message, user.interrupt, user.tool_confirmation,"
                                + " user.custom_tool_result, system.message");
        };
    }

    private static RuntimeException notYet(Fields event, String type) {
        return event.refuse("type", type + " is not supported by this server yet");
    }

    private Input interrupt(Fields event, EventId id) {
        String named = event.textOrNull("session_thread_id", 200);
        if (named != null && !named.equals(thread.text()))
            throw event.refuse("session_thread_id", "this session has no thread " + named);
        return new Input.Interrupt(id);
    }

    private static Input confirmation(Fields event, EventId id) {
        EventId call = new EventId(event.text("tool_use_id", 1, 200));
        boolean allow = event.oneOf("result", List.of("allow", "deny")).equals("allow");
        String message = event.textOrNull("deny_message", 10_000);
        if (allow && message != null) throw event.refuse("deny_message", "goes with result deny only");
        return new Input.Confirmation(id, call, allow, message);
    }

    private static ArrayNode system(Fields event) {
        ArrayNode content = Json.array();
        List<Fields> blocks = event.objects("content", MAX_SYSTEM_BLOCKS);
        if (blocks.isEmpty()) throw event.refuse("content", "must have 1 to " + MAX_SYSTEM_BLOCKS + " text blocks");
        for (Fields block : blocks) {
            block.oneOf("type", List.of("text"));
            content.add(text(block));
        }
        return content;
    }

    /** Content blocks, with the fields that are known and no others: they go to the model as they are. */
    private static ArrayNode blocks(Fields event, boolean required, boolean results) {
        ArrayNode content = Json.array();
        List<Fields> blocks = event.objects("content", MAX_BLOCKS);
        if (required && blocks.isEmpty()) throw event.refuse("content", "must have at least one block");
        for (Fields block : blocks) {
            String type = block.text("type", 1, 100);
            switch (type) {
                case "text" -> content.add(text(block));
                case "image" -> content.add(image(block));
                case "document" -> content.add(document(block));
                case "search_result" -> {
                    if (!results) throw block.refuse("type", "search_result is for tool results only");
                    content.add(searchResult(block));
                }
                default ->
                    throw block.refuse(
                            "type",
                            results
                                    ? "must be one of text, image, document, search_result"
                                    : "must be one of text, image, document");
            }
        }
        return content;
    }

    private static ObjectNode text(Fields block) {
        return Json.object().put("type", "text").put("text", block.text("text", 1, MAX_TEXT));
    }

    private static ObjectNode image(Fields block) {
        Fields source = block.object("source");
        ObjectNode image = Json.object().put("type", "image");
        image.set(
                "source",
                switch (source.oneOf("type", List.of("base64", "url", "file"))) {
                    case "base64" -> base64(source, IMAGES);
                    case "url" -> url(source);
                    default -> throw noFile(source);
                });
        return image;
    }

    private static ObjectNode document(Fields block) {
        Fields source = block.object("source");
        ObjectNode document = Json.object().put("type", "document");
        document.set(
                "source",
                switch (source.oneOf("type", List.of("base64", "text", "url", "file"))) {
                    case "base64" -> base64(source, List.of("application/pdf"));
                    case "text" ->
                        Json.object()
                                .put("type", "text")
                                .put("media_type", source.oneOf("media_type", "text/plain", List.of("text/plain")))
                                .put("data", source.text("data", 1, MAX_TEXT));
                    case "url" -> url(source);
                    default -> throw noFile(source);
                });
        String title = block.textOrNull("title", 500);
        if (title != null) document.put("title", title);
        String context = block.textOrNull("context", 100_000);
        if (context != null) document.put("context", context);
        return document;
    }

    private static ObjectNode base64(Fields source, List<String> types) {
        String data = source.text("data", 1, Integer.MAX_VALUE);
        if (!isBase64(data)) throw source.refuse("data", "must be base64");
        return Json.object()
                .put("type", "base64")
                .put("media_type", source.oneOf("media_type", types))
                .put("data", data);
    }

    private static boolean isBase64(String data) {
        if (data.length() % 4 != 0) return false;
        int end = data.endsWith("==") ? data.length() - 2 : data.endsWith("=") ? data.length() - 1 : data.length();
        for (int i = 0; i < end; i++) {
            char c = data.charAt(i);
            boolean digit =
                    c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/';
            if (!digit) return false;
        }
        return true;
    }

    private static ObjectNode url(Fields source) {
        String url = source.text("url", 1, 8192);
        if (!url.startsWith("https://") && !url.startsWith("http://"))
            throw source.refuse("url", "must be an http or https URL");
        return Json.object().put("type", "url").put("url", url);
    }

    private static RuntimeException noFile(Fields source) {
        return source.refuse("file_id", "there is no file " + source.text("file_id", 1, 200));
    }

    private static ObjectNode searchResult(Fields block) {
        ObjectNode result = Json.object()
                .put("type", "search_result")
                .put("source", block.text("source", 1, 8192))
                .put("title", block.text("title", 1, 8192));
        ArrayNode content = result.putArray("content");
        List<Fields> parts = block.objects("content", MAX_BLOCKS);
        if (parts.isEmpty()) throw block.refuse("content", "must have at least one block");
        for (Fields part : parts) {
            part.oneOf("type", List.of("text"));
            content.add(text(part));
        }
        Fields citations = block.objectOrNull("citations");
        result.putObject("citations").put("enabled", citations != null && citations.flag("enabled", false));
        return result;
    }

    static boolean hasSystemMessage(List<Input> inputs) {
        return inputs.stream().anyMatch(Input.SystemMessage.class::isInstance);
    }
}
