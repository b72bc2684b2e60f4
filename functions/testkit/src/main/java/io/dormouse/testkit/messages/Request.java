package io.dormouse.testkit.messages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/** One request as the server received it. */
public final class Request {
    private final long number;
    private final Connection connection;
    private final String target;
    private final Map<String, String> headers;
    private final byte[] body;
    private JsonNode json;

    Request(long number, Connection connection, String target, Map<String, String> headers, byte[] body) {
        this.number = number;
        this.connection = connection;
        this.target = target;
        this.headers = headers;
        this.body = body;
    }

    /** Counts the requests of a server, from 1. */
    public long number() {
        return number;
    }

    /** Counts the connections of a server, from 1: the same number means that the connection was kept alive. */
    public long connection() {
        return connection.number();
    }

    /** Path and query. */
    public String target() {
        return target;
    }

    /** @param name in lower case @return null where there is none */
    public String header(String name) {
        return headers.get(name);
    }

    /** The body, byte for byte. */
    public byte[] body() {
        return body.clone();
    }

    public synchronized JsonNode json() {
        if (json == null) json = Json.read(body, JsonNode.class);
        return json;
    }

    public String model() {
        return json().path("model").asText();
    }

    public int messageCount() {
        return json().path("messages").size();
    }

    /** The content blocks of the last message; a plain string as one text block. */
    public List<ObjectNode> lastContent() {
        JsonNode messages = json().path("messages");
        JsonNode content = messages.path(messages.size() - 1).path("content");
        if (content.isTextual())
            return List.of(Json.object().put("type", "text").put("text", content.asText()));
        List<ObjectNode> blocks = new ArrayList<>();
        content.forEach(block -> blocks.add((ObjectNode) block));
        return blocks;
    }

    /** The last text block of the last message; empty where it has none. */
    public String lastUserText() {
        return lastContent().stream()
                .filter(block -> block.path("type").asText().equals("text"))
                .reduce("", (before, block) -> block.path("text").asText(), (a, b) -> b);
    }

    /** The {@code tool_result} blocks of the last message. */
    public List<ObjectNode> toolResults() {
        return lastContent().stream()
                .filter(block -> block.path("type").asText().equals("tool_result"))
                .toList();
    }

    /** The names of the tools on offer. */
    public List<String> toolNames() {
        return StreamSupport.stream(json().path("tools").spliterator(), false)
                .map(tool -> tool.path("name").asText())
                .toList();
    }

    /**
     * Waits until the client has closed the connection, while the script is held at a gate; an {@link AssertionError} when
     * it does not.
     */
    public void awaitDisconnected() {
        connection.awaitEndOfInput();
    }
}
