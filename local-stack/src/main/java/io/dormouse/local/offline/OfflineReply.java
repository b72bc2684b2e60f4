package io.dormouse.local.offline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.prompt.Compaction;
import io.dormouse.prompt.MessageEvents;
import java.util.ArrayList;
import java.util.List;

/** What the offline model answers: a pure function of the request, so the same request has the same reply. */
final class OfflineReply {
    private static final int MAX_QUOTED_CHARS = 2_000;
    private static final int MAX_SUMMARISED = 20;
    private static final int MAX_SUMMARISED_CHARS = 80;
    private static final String HELP = """
            I am Dormouse's offline model, not an LLM: I follow a few fixed commands, so that you can see sessions, tools and \
            sandboxes work without a key. Write one of:

            run: <command>  runs it with the bash tool
            write <path>: <content>  writes a file
            read <path>  reads a file
            ask: <tool name> <json>  calls any tool of yours

            For real answers, start Dormouse with the address and the key of a Messages API.""";

    private final JsonNode request;
    private final ArrayNode content = Json.array();

    private OfflineReply(JsonNode request) {
        this.request = request;
    }

    /** @param request the body of {@code POST /v1/messages} @return a whole message */
    static ObjectNode to(JsonNode request) {
        OfflineReply reply = new OfflineReply(request);
        reply.answer();
        return reply.message();
    }

    private void answer() {
        JsonNode last = request.path("messages").path(request.path("messages").size() - 1);
        List<String> results = results(last.path("content"));
        String text = text(last.path("content")).strip();
        if (text.equals(Compaction.INSTRUCTION)) summarise();
        else if (!results.isEmpty() && text.isEmpty()) say(quoted(results));
        else command(text);
    }

    private void summarise() {
        List<String> said = new ArrayList<>();
        for (JsonNode message : request.path("messages"))
            for (JsonNode block : message.path("content"))
                if (message.path("role").asText().equals("user")
                        && block.path("type").asText().equals("text"))
                    said.add("- " + bounded(block.path("text").asText(), MAX_SUMMARISED_CHARS));
        // The last is the request for this summary.
        List<String> latest = said.subList(Math.max(0, said.size() - 1 - MAX_SUMMARISED), said.size() - 1);
        say("<summary>\nThe user said, among other things:\n" + String.join("\n", latest) + "\n</summary>");
    }

    private void command(String text) {
        if (text.startsWith("run:")) {
            call("bash", Json.object().put("command", text.substring(4).strip()));
        } else if (text.startsWith("write ") && text.indexOf(':') > 0) {
            int colon = text.indexOf(':');
            call(
                    "write",
                    Json.object()
                            .put("file_path", text.substring(6, colon).strip())
                            .put("content", text.substring(colon + 1).strip()));
        } else if (text.startsWith("read ")) {
            call("read", Json.object().put("file_path", text.substring(5).strip()));
        } else if (text.startsWith("ask:")) {
            ask(text.substring(4).strip());
        } else {
            say(HELP);
        }
    }

    private void ask(String text) {
        String[] parts = text.split("\\s+", 2);
        try {
            JsonNode input = parts.length < 2 ? Json.object() : Json.MAPPER.readTree(parts[1]);
            if (input instanceof ObjectNode object) {
                call(parts[0], object);
                return;
            }
        } catch (JsonProcessingException e) {
            // Answered below, like JSON of another kind.
        }
        say("The input of a tool is a JSON object, as in: ask: " + parts[0] + " {\"city\": \"Bern\"}");
    }

    private void call(String tool, ObjectNode input) {
        if (!offered().contains(tool)) {
            say("I am Dormouse's offline model. This agent has no tool named " + tool + "; it has: "
                    + (offered().isEmpty() ? "none" : String.join(", ", offered())) + ".");
            return;
        }
        say("I call " + tool + ".");
        content.addObject()
                .put("type", "tool_use")
                // Unique in the conversation and the same for the same request.
                .put("id", "toolu_offline_" + request.path("messages").size())
                .put("name", tool)
                .set("input", input);
    }

    private List<String> offered() {
        List<String> names = new ArrayList<>();
        request.path("tools").forEach(tool -> names.add(tool.path("name").asText()));
        return names;
    }

    private void say(String text) {
        content.addObject().put("type", "text").put("text", text);
    }

    private static List<String> results(JsonNode blocks) {
        List<String> results = new ArrayList<>();
        for (JsonNode block : blocks) {
            if (!block.path("type").asText().equals("tool_result")) continue;
            String text = text(block.path("content"));
            results.add((block.path("is_error").asBoolean() ? "The tool failed:\n" : "The tool answered:\n")
                    + (text.isEmpty() ? "(nothing)" : bounded(text, MAX_QUOTED_CHARS)));
        }
        return results;
    }

    private static String quoted(List<String> results) {
        return String.join("\n\n", results);
    }

    private static String bounded(String text, int maxChars) {
        if (text.length() <= maxChars) return text;
        int end = Character.isHighSurrogate(text.charAt(maxChars - 1)) ? maxChars - 1 : maxChars;
        return text.substring(0, end) + "\n… and " + (text.length() - end) + " characters more";
    }

    /** The last text of a content, which is a string or an array of blocks. */
    private static String text(JsonNode content) {
        if (content.isTextual()) return content.asText();
        String text = "";
        for (JsonNode block : content) {
            if (block.path("type").asText().equals("text"))
                text = block.path("text").asText();
        }
        return text;
    }

    private ObjectNode message() {
        boolean calls = content.path(content.size() - 1).path("type").asText().equals("tool_use");
        ObjectNode message = MessageEvents.message(
                "msg_offline_" + request.path("messages").size(),
                request.path("model").asText("offline"),
                content,
                calls ? "tool_use" : "end_turn");
        message.putObject("usage")
                .put("input_tokens", tokens(request))
                .put("cache_creation_input_tokens", 0)
                .put("cache_read_input_tokens", 0)
                .put("output_tokens", tokens(content));
        return message;
    }

    /** Roughly: four characters are one token. */
    private static int tokens(JsonNode node) {
        return Math.max(1, Json.text(node).length() / 4);
    }
}
