package io.dormouse.testkit.messages;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.prompt.MessageEvents;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the server does with one request: a reply put together block by block, and what goes wrong with it. Events are counted
 * from 0, which is {@code message_start}; 1 is a {@code ping}.
 */
public final class Script {
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final ArrayNode content = Json.array();
    private final Map<Integer, Gate> gates = new HashMap<>();
    private final int status;
    private JsonNode body;
    private ObjectNode usage = Json.object().put("input_tokens", 10).put("output_tokens", 5);
    private String stopReason;
    private ObjectNode stopDetails;
    private int deltaChars = 16;
    private int writeBytes = Integer.MAX_VALUE;
    private boolean lastBlockOpen;
    private MessageEvents.Event failure;
    private int failBefore = Integer.MAX_VALUE;
    private int endBefore = Integer.MAX_VALUE;
    private int cutAtByte = Integer.MAX_VALUE;
    private boolean reset;
    private Gate headersGate;
    private Gate deltaGate;
    private Duration firstDelay = Duration.ZERO;
    private Duration deltaDelay = Duration.ZERO;

    private Script(int status) {
        this.status = status;
    }

    /** A streamed reply, as yet without content. */
    public static Script reply() {
        return new Script(200).header("content-type", "text/event-stream; charset=utf-8");
    }

    public static Script text(String text) {
        return reply().thenText(text);
    }

    /** @param input a JSON object */
    public static Script toolUse(String id, String name, String input) {
        return reply().thenToolUse(id, name, input);
    }

    /** An error instead of a stream. */
    public static Script error(int status, String type, String message) {
        return response(status, MessageEvents.error(type, message).data()).header("content-type", "application/json");
    }

    /** Any answer that is no stream; a text is sent as it is. */
    public static Script response(int status, JsonNode body) {
        Script script = new Script(status);
        script.body = body;
        return script;
    }

    public Script header(String name, String value) {
        headers.put(name, value);
        return this;
    }

    public Script thenText(String text) {
        return then(Json.object().put("type", "text").put("text", text));
    }

    public Script thenThinking(String thinking, String signature) {
        return then(
                Json.object().put("type", "thinking").put("thinking", thinking).put("signature", signature));
    }

    /** @param input a JSON object */
    public Script thenToolUse(String id, String name, String input) {
        return then(call(id, name).set("input", Json.parse(input)));
    }

    /** @param raw what is streamed for JSON, and need not be any */
    public Script thenMalformedToolUse(String id, String name, String raw) {
        return then(call(id, name).put("malformed_input", raw));
    }

    /** The reply runs out of tokens inside of the call: its block never ends. */
    public Script thenCutOffToolUse(String id, String name, String raw) {
        lastBlockOpen = true;
        return thenMalformedToolUse(id, name, raw).stopReason("max_tokens");
    }

    public Script then(JsonNode block) {
        content.add(block);
        return this;
    }

    private static ObjectNode call(String id, String name) {
        return Json.object().put("type", "tool_use").put("id", id).put("name", name);
    }

    /** Without this it is {@code tool_use} for a reply with a call, else {@code end_turn}. */
    public Script stopReason(String reason) {
        stopReason = reason;
        return this;
    }

    public Script refusal(String category, String explanation) {
        stopDetails =
                Json.object().put("type", "refusal").put("category", category).put("explanation", explanation);
        return stopReason("refusal");
    }

    public Script usage(long inputTokens, long outputTokens) {
        return usage(Json.object().put("input_tokens", inputTokens).put("output_tokens", outputTokens));
    }

    public Script usage(ObjectNode whole) {
        usage = whole;
        return this;
    }

    /** The most characters in one delta. */
    public Script deltaChars(int chars) {
        deltaChars = chars;
        return this;
    }

    /** The most bytes of the stream in one write; without this, all that is to be sent between two waits. */
    public Script writeBytes(int bytes) {
        writeBytes = bytes;
        return this;
    }

    public Script holdBeforeHeaders(Gate gate) {
        headersGate = gate;
        return this;
    }

    public Script holdBeforeEvent(int event, Gate gate) {
        gates.put(event, gate);
        return this;
    }

    public Script holdBeforeEachDelta(Gate gate) {
        deltaGate = gate;
        return this;
    }

    /** Real time, for benchmarks; tests use gates. */
    public Script delays(Duration beforeFirstEvent, Duration beforeEachDelta) {
        firstDelay = beforeFirstEvent;
        deltaDelay = beforeEachDelta;
        return this;
    }

    /** An error event takes the place of this event and of all after it. */
    public Script failBeforeEvent(int event, String type, String message) {
        failBefore = event;
        failure = MessageEvents.error(type, message);
        return this;
    }

    /** The stream ends there, properly as far as HTTP is concerned. */
    public Script endBeforeEvent(int event) {
        endBefore = event;
        return this;
    }

    /** The connection is closed after so many bytes of the stream. */
    public Script cutAtByte(int bytes) {
        cutAtByte = bytes;
        return this;
    }

    /** As {@link #cutAtByte}, with a reset. */
    public Script resetAtByte(int bytes) {
        reset = true;
        return cutAtByte(bytes);
    }

    /** The whole message, before anything goes wrong. */
    public ObjectNode message(String id, String model) {
        boolean calls = content.findValuesAsText("type").contains("tool_use");
        String reason = stopReason != null ? stopReason : calls ? "tool_use" : "end_turn";
        ObjectNode message = MessageEvents.message(id, model, content, reason);
        if (stopDetails != null) message.set("stop_details", stopDetails);
        message.set("usage", usage);
        return message;
    }

    /** The events that are sent. */
    public List<MessageEvents.Event> events(String id, String model) {
        List<MessageEvents.Event> events = new ArrayList<>(MessageEvents.of(message(id, model), deltaChars));
        // The last block's end stands before message_delta and message_stop.
        if (lastBlockOpen) events.remove(events.size() - 3);
        if (failBefore < events.size()) {
            events.subList(failBefore, events.size()).clear();
            events.add(failure);
        }
        if (endBefore < events.size()) events.subList(endBefore, events.size()).clear();
        return events;
    }

    /** @return whether the connection can be used again */
    boolean play(Connection connection, Request request) throws IOException, InterruptedException {
        if (headersGate != null) headersGate.pass();
        return body == null ? stream(connection, request) : respond(connection);
    }

    private boolean respond(Connection connection) throws IOException {
        byte[] bytes = body.isTextual() ? body.asText().getBytes(StandardCharsets.UTF_8) : Json.bytes(body);
        connection.head(status, headersWith("content-length", Integer.toString(bytes.length)));
        connection.write(bytes);
        return true;
    }

    private boolean stream(Connection connection, Request request) throws IOException, InterruptedException {
        connection.head(status, headersWith("transfer-encoding", "chunked"));
        Playback playback = new Playback(connection, writeBytes, cutAtByte, reset);
        int index = 0;
        for (MessageEvents.Event event : events("msg_" + request.number(), request.model())) {
            boolean delta = event.name().equals("content_block_delta");
            if (index == 0) playback.pause(firstDelay);
            if (delta) playback.pause(deltaDelay);
            if (delta && deltaGate != null) playback.pass(deltaGate);
            if (gates.containsKey(index)) playback.pass(gates.get(index));
            if (!playback.add(event.bytes())) return false;
            index++;
        }
        if (gates.containsKey(index)) playback.pass(gates.get(index));
        return playback.end();
    }

    private Map<String, String> headersWith(String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put(name, value);
        return all;
    }
}
