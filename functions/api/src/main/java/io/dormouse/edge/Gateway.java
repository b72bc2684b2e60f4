package io.dormouse.edge;

import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Every request goes through here: id, route, key, body, JSON, idempotency, handler, answer.
 *
 * <p>The {@code anthropic-version} and {@code anthropic-beta} headers decide nothing. The hosted service hides the agents API
 * from requests without the right beta name; here there is nothing else to reach, client releases disagree about the
 * dates, and refusing an unknown one would only break a client that works. {@code anthropic-workspace-id} is not looked at
 * either: the key says which workspace it is.
 */
@Singleton
public final class Gateway {
    static final int MAX_BODY_BYTES = 32 * 1024 * 1024;
    /** As the hosted service has it. */
    static final long MAX_FILE_BYTES = 500L * 1024 * 1024;

    private static final long LINGER_MILLIS = 2000;
    private static final byte[] NOTHING = {};
    private static final System.Logger LOG = System.getLogger("io.dormouse.edge");

    private final RouteTable routes;
    private final ApiKeys keys;
    private final Idempotency idempotency;
    private final Ids ids;
    private volatile boolean ready = true;
    /** Lower in tests. */
    long maxFileBytes = MAX_FILE_BYTES;

    public Gateway(RouteTable routes, ApiKeys keys, Idempotency idempotency, Ids ids) {
        this.routes = routes;
        this.keys = keys;
        this.idempotency = idempotency;
        this.ids = ids;
    }

    /** Last in the order, so that an application can serve pages of its own beside the API. */
    void register(@Observes Router router) {
        router.route().order(Integer.MAX_VALUE).handler(routing -> handle(routing.request()));
    }

    /** What {@code GET /health} says: 200 when ready, else 503. */
    public void ready(boolean isReady) {
        ready = isReady;
    }

    /** Takes a request on its event loop. */
    public void handle(HttpServerRequest request) {
        Exchange exchange = new Exchange(request, ids.next("req_"));
        // A host may hand requests over paused; what nobody reads is to be dropped, not to hold up the connection.
        request.resume();
        String path = request.path() == null ? "" : request.path();
        if (path.equals("/health") && request.method().equals(HttpMethod.GET)) {
            exchange.reply(ready ? 200 : 503, Json.object().put("status", ready ? "ok" : "starting"));
            return;
        }
        switch (routes.find(request.method().name(), path)) {
            case RouteTable.Match.NoSuchPath none ->
                exchange.refuse(new ApiError.NotFound("There is nothing at this path"));
            case RouteTable.Match.WrongMethod wrong -> {
                exchange.response.putHeader("allow", wrong.allowed());
                ApiError error = new ApiError.Invalid("This path allows " + wrong.allowed());
                exchange.reply(405, error.body(exchange.id));
            }
            case RouteTable.Match.Found found -> {
                String key;
                try {
                    // Before the body is read: who has no key cannot make us hold 32 MB.
                    key = keys.presented(exchange.headers());
                } catch (Refused refused) {
                    exchange.refuse(refused.error());
                    return;
                }
                if (found.route().receiver() != null) {
                    // Nor can he make us take a file.
                    request.pause();
                    Thread.startVirtualThread(() -> serveUpload(exchange, found, key));
                    return;
                }
                receive(exchange, body -> Thread.startVirtualThread(() -> serve(exchange, found, key, body)));
            }
        }
    }

    // ---- body

    private interface Received {
        void body(byte[] bytes);
    }

    private static void receive(Exchange exchange, Received then) {
        HttpServerRequest request = exchange.request;
        long announced = announced(request);
        if (announced > MAX_BODY_BYTES) {
            tooLarge(exchange);
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) exchange.response.writeContinue();
        Buffer[] body = {null};
        request.handler(chunk -> {
            if (exchange.ended) return;
            if (body[0] == null) body[0] = Buffer.buffer(Math.clamp(announced, chunk.length(), 65536));
            if (body[0].length() + (long) chunk.length() > MAX_BODY_BYTES) {
                body[0] = null;
                tooLarge(exchange);
            } else {
                body[0].appendBuffer(chunk);
            }
        });
        request.endHandler(end -> {
            if (!exchange.ended) then.body(body[0] == null ? NOTHING : body[0].getBytes());
        });
        // The client went away in the middle of its request: nobody to answer.
        request.exceptionHandler(gone -> exchange.ended = true);
    }

    static long announced(HttpServerRequest request) {
        String length = request.getHeader("content-length");
        if (length == null) return 0;
        try {
            return Long.parseLong(length);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static void tooLarge(Exchange exchange) {
        refuseUnread(exchange, new ApiError.TooLarge("The request body has more than " + MAX_BODY_BYTES + " bytes"));
    }

    /** Refuses a request whose body is still coming. On the event loop. */
    private static void refuseUnread(Exchange exchange, ApiError error) {
        exchange.ended = true;
        if (exchange.request.version() == HttpVersion.HTTP_2) {
            // A connection has other streams there, and flow control keeps what nobody wants away.
            exchange.refuse(error);
            return;
        }
        exchange.response.putHeader("connection", "close");
        exchange.refuse(error);
        // The rest of the body is dropped. A client reads no answer while it writes, and loses it when the connection
        // is reset, so it gets a moment to come to its end.
        exchange.context
                .owner()
                .setTimer(LINGER_MILLIS, timer -> exchange.request.connection().close());
    }

    // ---- on a virtual thread

    private void serve(Exchange exchange, RouteTable.Match.Found found, String key, byte[] body) {
        try {
            FutureTask<Route.Handler> beginning =
                    new FutureTask<>(() -> found.route().begin().apply(found.parameters()));
            if (found.route().readsAhead()) Thread.startVirtualThread(beginning);
            else beginning.run();
            // First of all, whatever came of the beginning: who has no key learns nothing.
            WorkspaceId workspace = keys.workspace(key);
            Route.Handler handler = outcome(beginning);
            Call call = new Call(
                    exchange.id,
                    workspace,
                    found.parameters(),
                    Query.parse(exchange.request.query()),
                    exchange.headers(),
                    Requests.body(body, exchange.request.getHeader("content-type")),
                    ids,
                    null);
            String idempotencyKey = exchange.request.getHeader("idempotency-key");
            answer(
                    exchange,
                    idempotencyKey != null && found.route().method().equals("POST")
                            ? once(exchange, handler, call, idempotencyKey, fingerprint(exchange, key, body))
                            : handler.answer(call));
        } catch (Refused refused) {
            exchange.refuse(refused.error());
        } catch (Throwable broken) {
            exchange.fail(broken);
        }
    }

    private void serveUpload(Exchange exchange, RouteTable.Match.Found found, String key) {
        Multipart multipart = null;
        try {
            WorkspaceId workspace = keys.workspace(key);
            multipart = Multipart.begin(exchange.request, exchange.context, maxFileBytes);
            Route.Received received = found.route().receiver().receive(workspace, multipart);
            boolean[] asked = {false};
            Route.Handler handler = call -> {
                asked[0] = true;
                return received.answer(call);
            };
            Answer answer;
            try {
                Call call = new Call(
                        exchange.id,
                        workspace,
                        found.parameters(),
                        Query.parse(exchange.request.query()),
                        exchange.headers(),
                        Json.object(),
                        ids,
                        null);
                byte[] meaning = received.fingerprint().getBytes(StandardCharsets.UTF_8);
                String idempotencyKey = exchange.request.getHeader("idempotency-key");
                answer = idempotencyKey == null
                        ? handler.answer(call)
                        : once(exchange, handler, call, idempotencyKey, fingerprint(exchange, key, meaning));
            } finally {
                if (!asked[0]) received.discard();
            }
            answer(exchange, answer);
        } catch (Refused refused) {
            unread(exchange, multipart, refused.error());
        } catch (Upload.ClientGone gone) {
            LOG.log(System.Logger.Level.DEBUG, "upload " + exchange.id + " broke off");
        } catch (Throwable broken) {
            LOG.log(System.Logger.Level.ERROR, "upload " + exchange.id + " failed", broken);
            unread(exchange, multipart, Exchange.internal(exchange.id));
        }
    }

    private static void unread(Exchange exchange, Multipart multipart, ApiError error) {
        if (multipart != null && multipart.drop()) {
            exchange.refuse(error);
            return;
        }
        exchange.context.runOnContext(ignored -> {
            refuseUnread(exchange, error);
            exchange.request.resume();
        });
    }

    private static String fingerprint(Exchange exchange, String key, byte[] body) {
        return Idempotency.fingerprint(key, exchange.request.method().name(), exchange.request.path(), body);
    }

    private static <T> T outcome(FutureTask<T> task) throws Throwable {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause();
        }
    }

    /**
     * What to answer, when everything else is done: a function is frozen as soon as it has answered, and who is told to try
     * again may be quick.
     */
    private Answer once(Exchange exchange, Route.Handler handler, Call call, String key, String fingerprint)
            throws Exception {
        switch (idempotency.begin(call.workspace(), key, fingerprint)) {
            case Idempotency.Begun.Rejected rejected -> throw new Refused(rejected.error());
            case Idempotency.Begun.Replay replay -> {
                exchange.response.putHeader("idempotent-replayed", "true");
                // Only permanent conflicts are kept.
                if (replay.status() == 409) exchange.response.putHeader("x-should-retry", "false");
                return new Answer.Json(replay.status(), replay.body());
            }
            case Idempotency.Begun.Attempt attempt -> {
                Call withIds = new Call(
                        call.requestId(),
                        call.workspace(),
                        call.parameters(),
                        call.query(),
                        call.headers(),
                        call.body(),
                        attempt.ids(),
                        attempt.firstTriedAt(),
                        attempt.again());
                boolean settled = false;
                try {
                    Answer answer = handler.answer(withIds);
                    if (answer instanceof Answer.Json json && json.status() < 500) {
                        idempotency.finish(attempt.claim(), json.status(), json.body());
                        settled = true;
                    }
                    return answer;
                } catch (Refused refused) {
                    if (permanent(refused.error())) {
                        idempotency.finish(
                                attempt.claim(),
                                refused.error().status(),
                                refused.error().body(exchange.id));
                        settled = true;
                    }
                    throw refused;
                } finally {
                    if (!settled) idempotency.release(attempt.claim());
                }
            }
        }
    }

    /** Whether the same request would be refused again. */
    private static boolean permanent(ApiError error) {
        return switch (error) {
            case ApiError.Invalid i -> true;
            case ApiError.Unauthenticated u -> false;
            case ApiError.Forbidden f -> true;
            case ApiError.NotFound n -> true;
            case ApiError.Conflict c -> !c.retry();
            case ApiError.TooLarge t -> true;
            case ApiError.RateLimited r -> false;
            case ApiError.Overloaded o -> false;
            case ApiError.Internal i -> false;
        };
    }

    private static void answer(Exchange exchange, Answer answer) {
        switch (answer) {
            case Answer.Json json -> exchange.reply(json.status(), json.body());
            case Answer.Stream stream -> exchange.stream(stream.feed());
            case Answer.Lines lines -> exchange.lines(lines.feed());
            case Answer.File file -> exchange.file(file);
        }
    }
}
