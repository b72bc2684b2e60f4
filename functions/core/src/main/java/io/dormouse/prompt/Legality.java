package io.dormouse.prompt;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the Messages API demands of a conversation. Here, and not beside a test, so that a simulator asks the same. */
public final class Legality {
    private Legality() {}

    /** What is wrong with the messages; empty when they are legal. */
    public static List<String> faults(JsonNode messages) {
        List<String> faults = new ArrayList<>();
        Set<String> used = new HashSet<>();
        List<String> open = List.of();
        Set<String> searches = new HashSet<>();
        String before = "";
        String turn = "";
        for (JsonNode message : messages) {
            String role = message.path("role").asText();
            JsonNode content = message.path("content");
            if (!content.isArray() || content.isEmpty()) faults.add("an empty message of " + role);
            for (JsonNode block : content) blank(block, faults);
            switch (role) {
                case "system" -> {
                    // Between a message of the user and the next of the assistant, as the API takes it.
                    if (!before.equals("user") && !before.equals("system")) faults.add("system behind " + before);
                }
                case "user" -> {
                    if (before.equals("system")) faults.add("a user behind system");
                    if (turn.equals("user")) faults.add("two users in a row");
                    List<String> answered = new ArrayList<>();
                    boolean others = false;
                    for (JsonNode block : content)
                        if (block.path("type").asText().equals("tool_result")) {
                            answered.add(block.path("tool_use_id").asText());
                            if (others) faults.add("a result behind other content");
                            if (block.path("content").isEmpty()) faults.add("an empty result");
                            for (JsonNode part : block.path("content")) blank(part, faults);
                        } else others = true;
                    if (!searches.isEmpty()) faults.add("no results for the searches " + searches);
                    if (!answered.equals(open)) faults.add("calls " + open + ", results " + answered);
                    open = List.of();
                }
                case "assistant" -> {
                    if (turn.isEmpty()) faults.add("the assistant begins");
                    if (turn.equals("assistant")) faults.add("two assistants in a row");
                    if (!open.isEmpty()) faults.add("no results for " + open);
                    open = new ArrayList<>();
                    for (JsonNode block : content)
                        switch (block.path("type").asText()) {
                            case "tool_use" -> {
                                String id = block.path("id").asText();
                                if (!used.add(id)) faults.add("twice the call " + id);
                                if (!block.path("input").isObject()) faults.add("input of " + id);
                                open.add(id);
                            }
                            case "thinking" -> {
                                if (block.path("signature").asText().isEmpty()) faults.add("a thought unsigned");
                            }
                            case "server_tool_use" ->
                                searches.add(block.path("id").asText());
                            default -> searches.remove(block.path("tool_use_id").asText());
                        }
                }
                default -> faults.add("role " + role);
            }
            before = role;
            if (!role.equals("system")) turn = role;
        }
        if (!open.isEmpty()) faults.add("no results for " + open);
        if (turn.isEmpty()) faults.add("nobody speaks");
        return faults;
    }

    private static void blank(JsonNode block, List<String> faults) {
        if (block.path("type").asText().equals("text")
                && block.path("text").asText().isBlank()) faults.add("a blank text");
    }
}
