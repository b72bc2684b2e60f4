package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.UnaryOperator;

/** One request and its one answer. */
final class Exchange {
    private static final System.Logger LOG = System.getLogger("io.dormouse.edge");
    private static final System.Logger ACCESS = System.getLogger("io.dormouse.access");

    final HttpServerRequest request;
    final HttpServerResponse response;
    final Context context = Vertx.currentContext();
    final String id;
    final long began = System.nanoTime();
    /** Only read and written on the event loop: an answer is on its way, or nobody waits for it. */
    boolean ended;

    Exchange(HttpServerRequest request, String id) {
        this.request = request;
        this.response = request.response();
        this.id = id;
        response.putHeader("request-id", id);
    }

    UnaryOperator<String> headers() {
        return request.headers()::get;
    }

    void refuse(ApiError error) {
        switch (error) {
            case ApiError.Conflict conflict ->
                // Official clients try again after a 409 unless they are told not to.
                response.putHeader("x-should-retry", conflict.retry() ? "true" : "false");
            case ApiError.RateLimited limited ->
                response.putHeader("retry-after", Integer.toString(limited.retryAfterSeconds()));
            case ApiError.Invalid i -> {}
            case ApiError.Unauthenticated u -> {}
            case ApiError.Forbidden f -> {}
            case ApiError.NotFound n -> {}
            case ApiError.TooLarge t -> {}
            case ApiError.Overloaded o -> {}
            case ApiError.Internal i -> {}
        }
        reply(error.status(), error.body(id));
    }

    /** Says what happened to the log, and to the client only that it did. */
    void fail(Throwable broken) {
        LOG.log(System.Logger.Level.ERROR, "request " + id + " failed", broken);
        refuse(internal(id));
    }

    static ApiError internal(String id) {
        return new ApiError.Internal("Something broke on our side; its log has it under " + id);
    }

    void reply(int status, JsonNode body) {
        byte[] bytes = Json.bytes(body);
        context.runOnContext(ignored -> {
            ended = true;
            if (response.closed() || response.ended()) return;
            response.setStatusCode(status)
                    .putHeader("content-type", "application/json")
                    .end(Buffer.buffer(bytes));
        });
        access(status, bytes.length);
    }

    void stream(Answer.Feed feed) {
        StreamedResponse out = new StreamedResponse(response, context, StreamedResponse.EVENTS);
        try {
            feed.feed(out);
        } catch (Refused refused) {
            out.send("error", refused.error().body(id));
        } catch (Throwable broken) {
            // Whatever the interrupt of a client's leaving broke is not an error.
            if (out.open()) {
                LOG.log(System.Logger.Level.ERROR, "stream " + id + " failed", broken);
                out.send("error", new ApiError.Internal("The stream broke on our side: " + id).body(id));
            }
        } finally {
            out.finish();
        }
        access(200, -1);
    }

    void lines(Answer.LineFeed feed) {
        StreamedResponse out = new StreamedResponse(response, context, StreamedResponse.LINES);
        try {
            feed.feed(out);
            out.finish();
        } catch (Throwable broken) {
            if (out.open()) LOG.log(System.Logger.Level.ERROR, "answer " + id + " broke off", broken);
            out.abort();
        }
        access(200, -1);
    }

    void file(Answer.File file) {
        StreamedResponse out = new StreamedResponse(response, context, Download.headers(file));
        try {
            if (Download.send(file, out)) out.finish();
        } catch (Throwable broken) {
            if (out.open()) LOG.log(System.Logger.Level.ERROR, "download " + id + " broke off", broken);
            out.abort();
        }
        access(200, -1);
    }

    private void access(int status, int bytes) {
        if (!ACCESS.isLoggable(System.Logger.Level.DEBUG)) return;
        long micros = (System.nanoTime() - began) / 1000;
        ACCESS.log(
                System.Logger.Level.DEBUG,
                "request_id=" + id + " method=" + request.method().name() + " path=" + request.path() + " status="
                        + status + " micros=" + micros + " bytes=" + bytes);
    }
}
