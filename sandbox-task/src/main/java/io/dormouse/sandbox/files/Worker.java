package io.dormouse.sandbox.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * The program that runs inside the file room, as the agent's user. Reads requests as JSON lines
 * {@code {"n","tool","input","timeout_ms"}} or {@code {"cancel":n}} and answers {@code {"n","text","is_error"}}, in any
 * order. Ends with its standard input. Arguments: three for each root, name, real path, and {@code rw} or {@code ro}.
 */
public final class Worker {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** As many at a time as the heap holds comfortably. */
    private static final int AT_ONCE = 4;

    private final TextFiles files;
    private final Search search;
    private final PrintStream answers;
    private final Map<Long, Thread> running = new ConcurrentHashMap<>();
    private final Semaphore places = new Semaphore(AT_ONCE, true);

    private Worker(Roots roots, PrintStream answers) {
        this.files = new TextFiles(roots);
        this.search = new Search(roots);
        this.answers = answers;
    }

    /** Runs until standard input ends. */
    public static void main(String[] arguments) throws IOException {
        List<Roots.Root> roots = new ArrayList<>();
        for (int i = 0; i + 2 < arguments.length; i += 3) {
            Path real = Path.of(arguments[i + 1]);
            roots.add(new Roots.Root(
                    arguments[i],
                    java.nio.file.Files.exists(real) ? real.toRealPath() : real,
                    arguments[i + 2].equals("rw")));
        }
        Worker worker = new Worker(new Roots(roots), new PrintStream(System.out, false, StandardCharsets.UTF_8));
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            worker.take(JSON.readTree(line));
        }
        Runtime.getRuntime().halt(0); // a thread that hangs in the kernel must not keep the room open
    }

    private void take(JsonNode request) {
        if (request.has("cancel")) {
            Thread thread = running.get(request.path("cancel").asLong());
            if (thread != null) {
                thread.interrupt();
            }
            return;
        }
        long number = request.path("n").asLong();
        Thread thread = Thread.ofPlatform().daemon().unstarted(() -> {
            answer(number, run(request));
            running.remove(number);
        });
        running.put(number, thread);
        thread.start();
    }

    private ToolResult run(JsonNode request) {
        String tool = request.path("tool").asText();
        try {
            places.acquire();
            try {
                Deadline deadline =
                        Deadline.in(Duration.ofMillis(request.path("timeout_ms").asLong()));
                return run(Request.of(tool, request.path("input")), tool, deadline);
            } finally {
                places.release();
            }
        } catch (IOException failed) {
            return ToolResult.error(tool + ": " + Roots.reason(failed));
        } catch (Deadline.Passed late) {
            return ToolResult.error(tool + ": out of time");
        } catch (InterruptedException cancelled) {
            return ToolResult.interrupted("");
        } catch (RuntimeException broken) {
            return ToolResult.error(tool + ": failed: " + broken);
        }
    }

    private ToolResult run(Request request, String tool, Deadline deadline) throws IOException {
        return switch (request) {
            case Request.Read read -> files.read(read, deadline);
            case Request.Write write -> files.write(write);
            case Request.Edit edit -> files.edit(edit);
            case Request.Glob glob -> search.glob(glob, deadline);
            case Request.Grep grep -> search.grep(grep, deadline);
            case Request.Malformed(String why) -> ToolResult.error(tool + ": " + why);
        };
    }

    private void answer(long number, ToolResult result) {
        ObjectNode line = JSON.createObjectNode()
                .put("n", number)
                .put("text", result.text())
                .put("is_error", result.isError());
        synchronized (answers) {
            answers.println(line);
            answers.flush();
        }
    }
}
