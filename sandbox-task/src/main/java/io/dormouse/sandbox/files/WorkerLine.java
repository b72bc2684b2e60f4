package io.dormouse.sandbox.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dormouse.sandbox.room.Room;
import io.dormouse.sandbox.room.View;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** One running worker and the JSON lines to and from it. Safe for several threads. */
final class WorkerLine implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_ANSWER_BYTES = 4 * 1024 * 1024;

    /** A request under way. */
    record Asked(long number, CompletableFuture<ToolResult> result) {}

    private final Process process;
    private final OutputStream requests;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Long, CompletableFuture<ToolResult>> open = new ConcurrentHashMap<>();
    private volatile String lastWords = "";

    WorkerLine(Room room, List<String> command) throws IOException {
        process = room.start(View.FILES, command);
        requests = process.getOutputStream();
        Thread.ofPlatform().daemon().name("file-answers").start(this::readAnswers);
        Thread.ofPlatform().daemon().name("file-errors").start(this::readErrors);
    }

    /** Sends a request. Its result completes with an error result when the worker dies first. */
    Asked ask(String tool, JsonNode input, Duration timeout) {
        long number = numbers.incrementAndGet();
        CompletableFuture<ToolResult> result = new CompletableFuture<>();
        open.put(number, result);
        send(JSON.createObjectNode()
                .put("n", number)
                .put("tool", tool)
                .put("timeout_ms", timeout.toMillis())
                .set("input", input));
        if (!process.isAlive()) {
            failOpen();
        }
        return new Asked(number, result);
    }

    void cancel(long number) {
        send(JSON.createObjectNode().put("cancel", number));
    }

    boolean alive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    private void send(JsonNode request) {
        byte[] line = (request + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (requests) {
            try {
                requests.write(line);
                requests.flush();
            } catch (IOException closed) {
                process.destroyForcibly(); // readAnswers() sees the end and fails what is open
            }
        }
    }

    private void readAnswers() {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        try (InputStream in = new BufferedInputStream(process.getInputStream(), 64 * 1024)) {
            for (int next = in.read(); next >= 0 && line.size() < LONGEST_ANSWER_BYTES; next = in.read()) {
                if (next != '\n') {
                    line.write(next);
                    continue;
                }
                JsonNode answer = JSON.readTree(line.toByteArray());
                line.reset();
                CompletableFuture<ToolResult> result =
                        open.remove(answer.path("n").asLong());
                if (result != null) {
                    result.complete(new ToolResult(
                            answer.path("text").asText(),
                            answer.path("is_error").asBoolean()));
                }
            }
        } catch (IOException broken) {
            System.err.println("file worker: " + broken.getMessage());
        }
        process.destroyForcibly();
        failOpen();
    }

    private void readErrors() {
        try (InputStream in = process.getErrorStream()) {
            lastWords = new String(in.readNBytes(2_000), StandardCharsets.UTF_8);
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException closed) {
            // the worker is gone
        }
    }

    private void failOpen() {
        String why = "the file worker died while this ran; it may or may not have taken effect"
                + (lastWords.isBlank() ? "" : ": " + lastWords.strip());
        open.keySet().forEach(number -> {
            CompletableFuture<ToolResult> result = open.remove(number);
            if (result != null) {
                result.complete(ToolResult.error(why));
            }
        });
    }
}
