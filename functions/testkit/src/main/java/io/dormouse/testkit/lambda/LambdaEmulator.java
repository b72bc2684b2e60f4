package io.dormouse.testkit.lambda;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.json.Json;
import io.dormouse.testkit.lambda.Invocation.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code lambda:Invoke} and {@code lambda:InvokeWithResponseStream} of functions that are processes of this machine, under the real runtime clients. As Lambda does it:
 * an event of an asynchronous invocation is tried again after an error, under the same request id, and kept as a dead letter
 * in the end; a process that takes too long is killed; sizes are limited.
 */
public final class LambdaEmulator implements AutoCloseable {
    private static final Pattern INVOKE = Pattern.compile("/2015-03-31/functions/([^/]+)/invocations");
    private static final Pattern STREAM =
            Pattern.compile("/2021-11-15/functions/([^/]+)/response-streaming-invocations");
    private static final int LARGEST_EVENT = 1 << 20;
    private static final int LARGEST_MESSAGE = 6 << 20;
    private static final int LARGEST_STREAM = 200 << 20;

    private final Path folder;
    private final HttpServer server;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("lambda-clock").factory());
    private final Map<String, Fleet> fleets = new ConcurrentHashMap<>();
    private final List<String> deadLetters = new CopyOnWriteArrayList<>();
    private final List<Duration> retries;
    private volatile boolean closed;

    private LambdaEmulator(List<Duration> retries) throws IOException {
        this.retries = List.copyOf(retries);
        folder = Folders.fresh("dormouse-lambda-");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /** Retries soon, where Lambda would wait for one minute and two. */
    public static LambdaEmulator start() {
        return start(List.of(Duration.ofSeconds(1), Duration.ofSeconds(2)));
    }

    /** @param retries how long it waits before each further attempt at an event */
    public static LambdaEmulator start(List<Duration> retries) {
        try {
            return new LambdaEmulator(retries);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For {@code AWS_ENDPOINT_URL_LAMBDA}. */
    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Replaces an earlier one of that name, whose processes go on until they are idle. */
    public LambdaEmulator deploy(Deployed function) {
        Fleet before =
                fleets.put(function.name(), new Fleet(function, clock, folder.resolve(function.name() + ".log")));
        if (before != null) before.close();
        return this;
    }

    /** All that the processes of a function have printed. */
    public String log(String function) {
        Path log = folder.resolve(function + ".log");
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Events that failed as often as they were tried. */
    public List<String> deadLetters() {
        return List.copyOf(deadLetters);
    }

    /** The processes that serve an invocation of the function now. */
    public List<ProcessHandle> busy(String function) {
        return fleet(function).busy();
    }

    /**
     * Starts a process of a function that is {@link Deployed.Life#RESTORED}, and waits until it is parked. Invocations take
     * parked ones in the order in which they were started.
     */
    public ProcessHandle park(String function) {
        try {
            return fleet(function).park();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many processes of a function were started. */
    public int started(String function) {
        return fleet(function).started();
    }

    private Fleet fleet(String name) {
        Fleet fleet = fleets.get(name);
        if (fleet == null) throw new IllegalArgumentException("no function is called " + name);
        return fleet;
    }

    /** Asynchronously, as a schedule or a mapping of an event source does it. */
    public void send(String function, byte[] event) {
        attempt(fleet(function), UUID.randomUUID().toString(), event, 0);
    }

    private void attempt(Fleet fleet, String id, byte[] event, int failures) {
        if (closed) return;
        Thread.ofVirtual().name("lambda-" + id).start(() -> {
            switch (fleet.invoke(new Invocation(id, event)).outcome()) {
                case Outcome.Answered answered -> {}
                case Outcome.Failed failed
                when failures < retries.size() -> {
                    if (!closed)
                        clock.schedule(
                                () -> attempt(fleet, id, event, failures + 1),
                                retries.get(failures).toMillis(),
                                TimeUnit.MILLISECONDS);
                }
                case Outcome.Failed failed ->
                    deadLetters.add(fleet.name() + ": " + new String(event) + ": "
                            + new String(failed.error(), java.nio.charset.StandardCharsets.UTF_8));
            }
        });
    }

    /** Waits for the answer. @throws FunctionFailed with what the runtime said, when the function failed */
    public byte[] call(String function, byte[] event) throws FunctionFailed {
        return switch (invoke(function, event).outcome()) {
            case Outcome.Answered answered -> whole(answered.body());
            case Outcome.Failed failed -> throw new FunctionFailed(new String(failed.error()));
        };
    }

    /** The function threw, ended or took too long. */
    public static final class FunctionFailed extends Exception {
        private static final long serialVersionUID = 1;

        FunctionFailed(String error) {
            super(error);
        }
    }

    Invocation invoke(String function, byte[] event) {
        return fleet(function).invoke(new Invocation(UUID.randomUUID().toString(), event));
    }

    // ---- lambda:Invoke

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String target = exchange.getRequestURI().getPath();
            Matcher streamed = STREAM.matcher(target);
            boolean streams = streamed.matches();
            Matcher path = streams ? streamed : INVOKE.matcher(target);
            byte[] event = exchange.getRequestBody().readAllBytes();
            if (!streams && !path.matches() || !exchange.getRequestMethod().equals("POST"))
                refuse(exchange, 404, "UnknownOperationException", exchange.getRequestURI() + " is not emulated");
            else if (!fleets.containsKey(name(path.group(1))))
                refuse(exchange, 404, "ResourceNotFoundException", "Function not found: " + path.group(1));
            else if (!streams) invoked(exchange, name(path.group(1)), event);
            else if (event.length > LARGEST_MESSAGE)
                refuse(exchange, 413, "RequestTooLargeException", event.length + " bytes are too many");
            else stream(exchange, invoke(name(path.group(1)), event).outcome());
        }
    }

    /** From a name, or an ARN. */
    private static String name(String function) {
        String decoded = java.net.URLDecoder.decode(function, java.nio.charset.StandardCharsets.UTF_8);
        int arn = decoded.indexOf(":function:");
        return arn < 0 ? decoded : decoded.substring(arn + ":function:".length());
    }

    private void invoked(HttpExchange exchange, String function, byte[] event) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("X-Amz-Invocation-Type");
        boolean answers = type == null || type.equals("RequestResponse");
        if (event.length > (answers ? LARGEST_MESSAGE : LARGEST_EVENT))
            refuse(exchange, 413, "RequestTooLargeException", event.length + " bytes are too many");
        else if (answers) answer(exchange, invoke(function, event).outcome());
        else if (type.equals("Event")) {
            send(function, event);
            exchange.sendResponseHeaders(202, -1);
        } else refuse(exchange, 400, "InvalidParameterValueException", "not an invocation type: " + type);
    }

    private static void answer(HttpExchange exchange, Outcome outcome) throws IOException {
        byte[] body =
                switch (outcome) {
                    case Outcome.Answered answered -> whole(answered.body());
                    case Outcome.Failed failed -> failed.error();
                };
        if (outcome instanceof Outcome.Failed) exchange.getResponseHeaders().set("X-Amz-Function-Error", "Unhandled");
        if (body.length > LARGEST_MESSAGE) {
            exchange.getResponseHeaders().set("X-Amz-Function-Error", "Unhandled");
            body = Json.bytes(Json.object()
                    .put("errorType", "Function.ResponseSizeTooLarge")
                    .put("errorMessage", "Response payload size exceeded maximum allowed payload size"));
        }
        exchange.getResponseHeaders().set("X-Amz-Executed-Version", "$LATEST");
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void stream(HttpExchange exchange, Outcome outcome) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "application/vnd.amazon.eventstream");
        exchange.sendResponseHeaders(200, 0);
        EventStream events = new EventStream(exchange.getResponseBody());
        String error =
                switch (outcome) {
                    case Outcome.Failed failed -> "Unhandled";
                    case Outcome.Answered answered -> {
                        try (InputStream body = answered.body()) {
                            yield passOn(body, events);
                        }
                    }
                };
        byte[] end = Json.bytes(error == null ? Json.object() : Json.object().put("ErrorCode", error));
        events.event("InvokeComplete", end, end.length);
    }

    /** @return the error's code, or null when the function has come to its end; throws when the caller is gone */
    private static String passOn(InputStream body, EventStream events) throws IOException {
        byte[] buffer = new byte[16_384];
        long sent = 0;
        while (true) {
            int count;
            try {
                count = body.read(buffer);
            } catch (IOException e) {
                return "Runtime.TruncatedResponse";
            }
            if (count < 0) return null;
            sent += count;
            if (sent > LARGEST_STREAM) return "Function.ResponseSizeTooLarge";
            events.event("PayloadChunk", buffer, count);
        }
    }

    private static void refuse(HttpExchange exchange, int status, String type, String message) throws IOException {
        byte[] body = Json.bytes(Json.object().put("Type", "User").put("Message", message));
        exchange.getResponseHeaders().set("x-amzn-ErrorType", type);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    private static byte[] whole(InputStream body) {
        try (body) {
            return body.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills all processes. Events that wait are forgotten. */
    @Override
    public void close() {
        closed = true;
        server.stop(0);
        fleets.values().forEach(Fleet::close);
        clock.shutdownNow();
    }
}
