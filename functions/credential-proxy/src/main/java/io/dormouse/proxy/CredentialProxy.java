package io.dormouse.proxy;

import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.IpAddress;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.PathClass;
import io.dormouse.outbound.Refusal;
import io.dormouse.outbound.Turnstile;
import io.dormouse.outbound.Uses;
import io.dormouse.proxy.http.Answer;
import io.dormouse.proxy.http.Client;
import io.dormouse.proxy.http.Connection;
import io.dormouse.proxy.http.Failure;
import io.dormouse.proxy.http.Limits;
import io.dormouse.proxy.http.Names;
import io.dormouse.proxy.http.Sockets;
import io.dormouse.proxy.http.SystemNames;
import io.dormouse.proxy.http.Trust;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** The way out: asks what the session may use, decides, resolves, dials, passes on, and hides what must not come back. */
public final class CredentialProxy implements Outbound, AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.dormouse.proxy");
    private static final int UNAUTHORIZED = 401;
    /** Of what a server says to a token that it does not take. */
    private static final int MOST_HELD_BYTES = 1 << 16;

    private final Keyring keyring;
    private final Uses uses;
    private final Destinations destinations;
    private final Limits limits;
    private final Client client;
    private final Turnstile turnstile;
    private final Runnable closing;

    CredentialProxy(
            Keyring keyring, Uses uses, ProxySettings settings, Names names, Sockets sockets, Runnable closing) {
        this.keyring = keyring;
        this.uses = uses;
        this.limits = settings.limits();
        this.turnstile = new Turnstile(limits.atOnce());
        this.destinations = new Destinations(names, settings.opened());
        this.client = new Client(sockets, Trust.with(settings.extraAuthorities()), limits);
        this.closing = closing;
    }

    /** With the machine's own resolver and network. */
    public static CredentialProxy of(Keyring keyring, Uses uses, ProxySettings settings) {
        SystemNames names = new SystemNames(settings.limits().lookup());
        return new CredentialProxy(keyring, uses, settings, names, Sockets.SYSTEM, names::close);
    }

    @Override
    public Response send(Caller caller, Request request) {
        return send(caller, request, uses);
    }

    /** The same, told to somebody else. */
    public Response send(Caller caller, Request request, Uses uses) {
        if (!turnstile.enter(caller.session())) return turnstile.refusal();
        Pass pass = new Pass(caller, request, uses);
        Response response = null;
        try {
            response = pass.send();
        } catch (Failure e) {
            response = e.refusal().because(e.getMessage());
        } catch (RuntimeException e) {
            // A bug, or a store that is away. Its message may hold what was asked for.
            LOG.log(System.Logger.Level.ERROR, "a request of " + caller.session() + " failed: " + e.getClass());
            response = Refusal.KEYS_UNAVAILABLE.because("the proxy could not find out what the session may use");
        } finally {
            if (!(response instanceof Response.Answered)) pass.end();
        }
        return response;
    }

    @Override
    public void close() {
        client.close();
        closing.run();
    }

    /** One request on its way. */
    private final class Pass {
        private final Caller caller;
        private final Uses uses;
        private Request request;
        private final AtomicBoolean ended = new AtomicBoolean();
        private Decision.Allow allowed;
        private boolean left;
        /** The whole body, if it can be sent once more; else null. */
        private byte[] replay;

        private boolean renewed;
        private volatile int status;
        private volatile long bytes;

        Pass(Caller caller, Request request, Uses uses) {
            this.caller = caller;
            this.uses = uses;
            this.request = request;
        }

        Response send() throws Failure {
            return switch (keyring.of(caller)) {
                case Ring.Closed closed -> new Response.Refused(closed.reason(), closed.message());
                case Ring.Open ring -> decide(new Policy(ring, destinations.opened()));
            };
        }

        private Response decide(Policy policy) throws Failure {
            boolean looks = request.length() != 0 && policy.looksIntoBodies(caller.purpose());
            byte[] begin = looks || keeps() || request.length() < 0 ? begin() : null;
            boolean whole = begin != null && begin.length <= limits.lookedIntoBytes();
            replay = request.length() == 0 ? new byte[0] : whole ? begin : null;
            return switch (policy.decide(caller.purpose(), request, looks && whole ? begin : null)) {
                case Decision.Deny deny -> deny.refusal().because(deny.message());
                case Decision.Allow allow -> {
                    if (!allow.used().isEmpty() && uses.full(caller.thread()))
                        throw new Failure(Refusal.BUSY, "too many uses of credentials are not in the log yet");
                    allowed = allow;
                    if (begin == null) yield pass(request.body(), request.length());
                    if (!whole) yield pass(rest(begin, allow.strays()), request.length());
                    byte[] body = allow.body() == null ? begin : allow.body();
                    yield pass(new ByteArrayInputStream(body), body.length);
                }
            };
        }

        /** Whether the body is small enough to be held for a second attempt, which only calls of MCP servers have. */
        private boolean keeps() {
            return caller.purpose() == Purpose.MCP
                    && request.length() > 0
                    && request.length() <= limits.lookedIntoBytes();
        }

        /** The body as far as it is looked into, and one byte more if there is one. */
        private byte[] begin() throws Failure {
            try {
                byte[] begin = request.body().readNBytes(limits.lookedIntoBytes() + 1);
                boolean whole = begin.length <= limits.lookedIntoBytes();
                if (request.length() >= 0
                        && (whole ? begin.length != request.length() : begin.length > request.length()))
                    throw new Failure(Refusal.REQUEST_INVALID, "the body is not as long as it was said to be");
                return begin;
            } catch (Failure e) {
                throw e;
            } catch (IOException e) {
                throw new Failure(Refusal.REQUEST_INVALID, "the body breaks off");
            }
        }

        private InputStream rest(byte[] begin, Placeholders strays) {
            InputStream whole = new SequenceInputStream(new ByteArrayInputStream(begin), request.body());
            return strays.isEmpty() ? whole : new WatchedBody(whole, strays);
        }

        private Response pass(InputStream body, long length) throws Failure {
            List<IpAddress> addresses = destinations.of(allowed.url());
            if (!allowed.used().isEmpty()) uses.leaving(caller.thread(), used());
            Connection connection = client.connect(allowed.url(), addresses, this::end);
            left = true;
            Answer answer = connection.exchange(request.method(), allowed.headers(), body, length);
            status = answer.status();
            try {
                Key.Bearer refused = refused();
                if (refused == null) return answered(answer);
                // The exchange takes its time: the server is not kept waiting for it.
                Answer held = held(answer);
                return keyring.renew(caller, refused) ? again() : answered(held);
            } catch (Failure e) {
                connection.close();
                throw e;
            }
        }

        /** The token that a server did not take, when there is any use in asking for another; else null. */
        private Key.Bearer refused() {
            if (status != UNAUTHORIZED || renewed || replay == null) return null;
            for (Key key : allowed.used()) if (key instanceof Key.Bearer bearer) return bearer;
            return null;
        }

        private static Answer held(Answer answer) {
            try (InputStream body = answer.body()) {
                byte[] bytes = body.readNBytes(MOST_HELD_BYTES);
                return new Answer(answer.status(), answer.headers(), new ByteArrayInputStream(bytes));
            } catch (IOException e) {
                return new Answer(answer.status(), answer.headers(), InputStream.nullInputStream());
            }
        }

        /** Once, with what the session may use by now. */
        private Response again() throws Failure {
            note();
            renewed = true;
            left = false;
            request = new Request(
                    request.method(),
                    request.url(),
                    request.headers(),
                    new ByteArrayInputStream(replay),
                    replay.length);
            return send();
        }

        private Response answered(Answer answer) throws Failure {
            if (allowed.guarded() && answer.headers().stream().anyMatch(CredentialProxy::isCompressed))
                throw new Failure(
                        Refusal.ANSWER_COMPRESSED, "the answer is compressed, so that an echo could not be seen in it");
            Echoes echoes = allowed.hidden().isEmpty() ? null : new Echoes(allowed.hidden());
            List<Header> headers = new ArrayList<>();
            for (Header header : answer.headers()) {
                // What a host gives to the holder of a credential is a credential.
                if (!allowed.used().isEmpty() && header.name().regionMatches(true, 0, "set-cookie", 0, 10)) continue;
                headers.add(
                        echoes == null
                                ? header
                                : new Header(echoes.overwritten(header.name()), echoes.overwritten(header.value())));
            }
            InputStream body = echoes == null ? answer.body() : new RedactedStream(answer.body(), echoes);
            String credential = allowed.used().isEmpty()
                    ? null
                    : allowed.used().getFirst().id().text();
            return new Response.Answered(answer.status(), headers, new Body(body), credential);
        }

        void end() {
            if (!ended.compareAndSet(false, true)) return;
            turnstile.leave(caller.session());
            if (left) note();
        }

        private void note() {
            for (CredentialUse use : used()) uses.note(caller.thread(), use);
        }

        /** As it stands. */
        private List<CredentialUse> used() {
            List<CredentialUse> used = new ArrayList<>();
            for (Key key : allowed.used())
                used.add(new CredentialUse(
                        key.id(),
                        allowed.url().authority(),
                        request.method(),
                        PathClass.of(allowed.url()),
                        status,
                        bytes,
                        caller.call()));
            return used;
        }

        private final class Body extends InputStream {
            private final InputStream in;
            private volatile boolean closed;

            Body(InputStream in) {
                this.in = in;
            }

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                if (closed) throw new IOException("closed");
                int count;
                try {
                    count = in.read(buffer, offset, length);
                } catch (IOException e) {
                    end();
                    throw e;
                }
                if (count < 0) end();
                else bytes += count;
                return count;
            }

            @Override
            public void close() throws IOException {
                closed = true;
                in.close();
                end();
            }
        }
    }

    private static boolean isCompressed(Header header) {
        return header.name().equalsIgnoreCase("content-encoding")
                && !header.value().isEmpty()
                && !header.value().equalsIgnoreCase("identity");
    }
}
