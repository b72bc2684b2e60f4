package io.dormouse.messages;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.ReplyStream;
import io.dormouse.prompt.SseParser;
import java.io.ByteArrayOutputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLHandshakeException;

/** One request and its reply, on one thread. */
final class Exchange {
    private static final int MAX_ERROR_BYTES = 65_536;
    private static final int MAX_ERROR_CHARS = 500;

    /** After the message the server only has to end its answer, after which the connection can be used again. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final Timeouts timeouts;
    private final InstantSource clock;
    private final ReplyStream reply;
    private final SseParser parser;
    private final Answer answer;
    private byte[] chunk = new byte[4_096];

    Exchange(Timeouts timeouts, InstantSource clock, Model.Watcher watcher) {
        this.timeouts = timeouts;
        this.clock = clock;
        this.reply = new ReplyStream(watcher);
        this.parser = new SseParser(ReplyStream.MAX_BYTES, reply);
        this.answer = new Answer(timeouts.whole());
    }

    /** From any thread. */
    void stop() {
        answer.stop();
    }

    Model.Reply run(HttpClient http, HttpRequest request) {
        answer.send(http, request);
        try {
            return switch (answer.next(timeouts.firstByte())) {
                case Signal.Head head -> answered(head.response());
                case Signal.Stopped _ -> reply.cancelled();
                case Signal.Broke broke -> {
                    String message = "could not reach the model: " + reason(broke.why());
                    yield neverSent(cause(broke.why()))
                            ? reply.refused(Model.Failure.UNREACHABLE, message, null)
                            : unreachable(message);
                }
                case Signal.TimedOut _ -> unreachable("the model did not answer in time");
                case Signal.Bytes _, Signal.Ended _ -> unreachable("the model's answer has no head");
            };
        } finally {
            answer.abandon();
        }
    }

    private Model.Reply answered(HttpResponse.ResponseInfo head) {
        if (head.statusCode() != 200) return refused(head);
        String type = head.headers().firstValue("content-type").orElse("").toLowerCase(Locale.ROOT);
        return type.startsWith("text/event-stream") ? stream() : unreachable("the model's answer is no event stream");
    }

    private Model.Reply stream() {
        while (!reply.over()) {
            switch (answer.next(timeouts.idle())) {
                case Signal.Bytes bytes -> {
                    feed(bytes);
                    answer.more();
                }
                case Signal.Stopped _ -> {
                    return reply.cancelled();
                }
                case Signal.Ended _ -> {
                    return reply.end();
                }
                case Signal.Broke broke -> {
                    return unreachable("the model's stream broke: " + reason(broke.why()));
                }
                case Signal.TimedOut _ -> {
                    return unreachable("the model's stream stalled");
                }
                case Signal.Head _ -> {
                    return unreachable("the model answered twice");
                }
            }
        }
        // Whatever comes, the outcome stands.
        if (reply.end() instanceof Model.Reply.Complete) answer.next(FAREWELL);
        return reply.end();
    }

    private void feed(Signal.Bytes bytes) {
        for (ByteBuffer buffer : bytes.buffers()) {
            int length = buffer.remaining();
            if (chunk.length < length) chunk = new byte[length];
            buffer.get(chunk, 0, length);
            if (!parser.feed(chunk, 0, length)) unreachable("the model's stream holds an event that is too long");
        }
    }

    private Model.Reply refused(HttpResponse.ResponseInfo head) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        while (true) {
            switch (answer.next(timeouts.idle())) {
                case Signal.Bytes bytes -> {
                    for (ByteBuffer buffer : bytes.buffers()) {
                        byte[] piece = new byte[Math.min(buffer.remaining(), MAX_ERROR_BYTES - body.size())];
                        buffer.get(piece);
                        body.writeBytes(piece);
                    }
                    if (body.size() >= MAX_ERROR_BYTES) return refused(head, body.toByteArray());
                    answer.more();
                }
                case Signal.Stopped _ -> {
                    return reply.cancelled();
                }
                // The status is known: a body that does not come changes no more than the message.
                case Signal.Ended _, Signal.Broke _, Signal.TimedOut _, Signal.Head _ -> {
                    return refused(head, body.toByteArray());
                }
            }
        }
    }

    private Model.Reply refused(HttpResponse.ResponseInfo head, byte[] body) {
        JsonNode error = Refusal.error(body);
        String message =
                "HTTP " + head.statusCode() + ": " + error.path("message").asText("no message");
        // An error in the place of a stream costs nothing.
        return reply.refused(
                Refusal.kind(head.statusCode(), error.path("type").asText()).by(message),
                message.substring(0, Math.min(message.length(), MAX_ERROR_CHARS)),
                Refusal.retryAfter(head.headers(), clock.instant()));
    }

    private Model.Reply unreachable(String message) {
        return reply.broken(Model.Failure.UNREACHABLE, message, null);
    }

    private static Throwable cause(Throwable why) {
        return why instanceof CompletionException && why.getCause() != null ? why.getCause() : why;
    }

    /** Whether there was no connection yet on which a request could go. */
    private static boolean neverSent(Throwable why) {
        return why instanceof ConnectException
                || why instanceof HttpConnectTimeoutException
                || why instanceof SSLHandshakeException;
    }

    private static String reason(Throwable why) {
        Throwable cause = cause(why);
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
