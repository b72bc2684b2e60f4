package io.dormouse.sandbox.egress;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** One connection of a program: requests for http:// URLs one after the other, or CONNECT and TLS and requests inside. */
final class ProxyConnection {
    private static final int TLS_HANDSHAKE = 0x16;
    private static final long FIRST_BYTE_SECONDS = 20;
    private static final String ONLY_HTTP = "only HTTP and HTTPS leave this sandbox, no other protocol";

    private final SocketChannel channel;
    private final CompletableFuture<Authority> authority;
    private final Lanes lanes;

    ProxyConnection(SocketChannel channel, CompletableFuture<Authority> authority, Lanes lanes) {
        this.channel = channel;
        this.authority = authority;
        this.lanes = lanes;
    }

    void serve() throws IOException {
        ClientInput in = new ClientInput(Channels.newInputStream(channel));
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 16 * 1024);
        Optional<Destination> tunnel = requests(in, out, Optional.empty());
        if (tunnel.isPresent()) {
            inside(tunnel.get(), in, out);
        }
    }

    private void inside(Destination to, ClientInput in, OutputStream out) throws IOException {
        if (firstByte(in) != TLS_HANDSHAKE) {
            Reply.refuse(out, 400, "not_http", ONLY_HTTP);
            return;
        }
        ChannelSocket plain = new ChannelSocket(channel, in);
        try (SSLSocket tls = (SSLSocket) authority
                .join()
                .contextFor(to.host())
                .getSocketFactory()
                .createSocket(plain, to.host(), to.port(), true)) {
            tls.setUseClientMode(false);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            tls.setSSLParameters(parameters);
            tls.startHandshake();
            Optional<Destination> nested = requests(
                    new ClientInput(tls.getInputStream()),
                    new BufferedOutputStream(tls.getOutputStream(), 16 * 1024),
                    Optional.of(to));
            assert nested.isEmpty();
        }
    }

    /** A program that waits for the server to speak first speaks no HTTP; it is not waited for longer than this. */
    private int firstByte(ClientInput in) throws IOException {
        CompletableFuture<Void> came = new CompletableFuture<>();
        CompletableFuture<Void> guard = came.orTimeout(FIRST_BYTE_SECONDS, TimeUnit.SECONDS)
                .exceptionally(late -> {
                    closeQuietly();
                    return null;
                });
        try {
            return in.peek();
        } finally {
            came.complete(null);
            assert guard != null;
        }
    }

    private void closeQuietly() {
        try {
            channel.close();
        } catch (IOException closing) {
            // it is gone either way
        }
    }

    /** Serves requests until the connection ends, or a tunnel is granted: then its destination. */
    private Optional<Destination> requests(ClientInput in, OutputStream out, Optional<Destination> inside)
            throws IOException {
        while (true) {
            switch (RequestHead.from(in)) {
                case RequestHead.Read.Ended() -> {
                    return Optional.empty();
                }
                case RequestHead.Read.Bad(int status, String why) -> {
                    Reply.refuse(out, status, "malformed", why);
                    return Optional.empty();
                }
                case RequestHead.Read.Good(RequestHead head) -> {
                    if (head.method().equals("CONNECT")) {
                        return inside.isPresent() ? refuseTunnel(out) : tunnel(head, out);
                    }
                    Optional<String> url = url(head, inside);
                    if (url.isEmpty()) {
                        Reply.refuse(out, 400, "malformed", notUnderstood(inside.isPresent()));
                        return Optional.empty();
                    }
                    if (head.wantsOtherProtocol()) {
                        Reply.refuse(out, 501, "not_http", "no web sockets and no other upgrade: " + ONLY_HTTP);
                        return Optional.empty();
                    }
                    if (!new Exchange(lanes, head, url.get(), in, out).run()) {
                        return Optional.empty();
                    }
                }
            }
        }
    }

    private static Optional<Destination> refuseTunnel(OutputStream out) throws IOException {
        Reply.refuse(out, 400, "malformed", "no tunnel inside a tunnel");
        return Optional.empty();
    }

    private static Optional<Destination> tunnel(RequestHead head, OutputStream out) throws IOException {
        Optional<Destination> to = Destination.of("https", head.target());
        if (to.isEmpty() || head.length() > 0) {
            Reply.refuse(out, 400, "malformed", "CONNECT takes host:port");
            return Optional.empty();
        }
        out.write(RequestHead.bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
        out.flush();
        return to;
    }

    /** The absolute URL; nothing when target and Host header do not fit each other and the tunnel. */
    private static Optional<String> url(RequestHead head, Optional<Destination> inside) {
        String target = head.target();
        Destination to;
        String path;
        if (inside.isPresent()) {
            to = inside.get();
            path = target;
        } else if (target.startsWith("/") && head.values("host").size() == 1) {
            // As to a server. It says where to all the same, and some programs know no other way.
            Optional<Destination> parsed =
                    Destination.of("http", head.values("host").getFirst());
            return target.indexOf('#') < 0 ? parsed.map(host -> host.url(target)) : Optional.empty();
        } else {
            if (!target.regionMatches(true, 0, "http://", 0, 7)) {
                return Optional.empty();
            }
            int slash = target.indexOf('/', 7);
            int query = target.indexOf('?', 7);
            int end = slash < 0 ? query : query < 0 ? slash : Math.min(slash, query);
            Optional<Destination> parsed =
                    Destination.of("http", end < 0 ? target.substring(7) : target.substring(7, end));
            if (parsed.isEmpty()) {
                return Optional.empty();
            }
            to = parsed.get();
            String rest = end < 0 ? "" : target.substring(end);
            path = rest.startsWith("/") ? rest : "/" + rest;
        }
        List<String> hosts = head.values("host");
        boolean same = hosts.isEmpty()
                || Destination.of(to.scheme(), hosts.getFirst())
                        .filter(to::equals)
                        .isPresent();
        return same && path.startsWith("/") && path.indexOf('#') < 0 ? Optional.of(to.url(path)) : Optional.empty();
    }

    private static String notUnderstood(boolean inside) {
        return inside
                ? "the target must be a path, and the Host header the host of the tunnel"
                : "this is a proxy: the target must be an http:// URL without user or fragment, and the Host header the"
                        + " same host; for https:// use CONNECT";
    }
}
