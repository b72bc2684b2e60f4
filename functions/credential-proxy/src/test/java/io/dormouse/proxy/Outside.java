package io.dormouse.proxy;

import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.Host;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.IpAddress;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.outbound.Outbound.Request;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.outbound.UseLedger;
import io.dormouse.proxy.http.Limits;
import io.dormouse.proxy.http.Names;
import io.dormouse.proxy.http.Sockets;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A world of names and addresses around a proxy: what it looks up and dials is counted, and leads to loopback. */
final class Outside implements Names, Sockets, AutoCloseable {
    static final String CANARY = "CANARY-Zm9v+/=&secret~42";
    static final String PUBLIC = "93.184.216.34";

    static final SessionId SESSION = new SessionId("sesn_1");
    static final EventId CALL = new EventId("sevt_call");

    final UseLedger uses = new UseLedger();
    final List<String> lookedUp = new CopyOnWriteArrayList<>();
    final List<String> dialled = new CopyOnWriteArrayList<>();
    private final Map<String, Deque<List<IpAddress>>> names = new HashMap<>();
    private final Map<String, Integer> ports = new HashMap<>();

    Limits limits = limits(Duration.ofSeconds(20), Duration.ofSeconds(20), Duration.ofSeconds(60));
    Path authorities;
    PrivateHosts opened = PrivateHosts.NONE;
    Ring ring = new Ring.Open(new Networking.Unrestricted(), List.of(), List.of());
    Keyring keyring = caller -> ring;
    private CredentialProxy proxy;

    static Limits limits(Duration head, Duration idle, Duration total) {
        Limits usual = Limits.DEFAULT;
        return new Limits(
                usual.lookup(),
                Duration.ofSeconds(10),
                head,
                idle,
                total,
                16 << 10,
                50,
                1L << 40,
                1L << 40,
                1 << 10,
                4);
    }

    /** The name has these addresses, for one look-up; the last ones for all that follow. */
    Outside name(String name, String... addresses) {
        List<IpAddress> list = new ArrayList<>();
        for (String address : addresses) list.add(IpAddress.parse(address).orElseThrow());
        names.computeIfAbsent(name, n -> new ArrayDeque<>()).add(list);
        return this;
    }

    /** Behind this address, at any port, is that server. */
    Outside at(String address, Upstream upstream) {
        ports.put(address, upstream.port());
        return this;
    }

    /** {@code api.example.org} with a variable for it, in headers and bodies. */
    Outside api(Upstream upstream) {
        name("api.example.org", PUBLIC).at(PUBLIC, upstream);
        ring = new Ring.Open(new Networking.Unrestricted(), List.of(), List.of(variable("api.example.org")));
        // So that tests need no TLS where it plays no part.
        opened = PrivateHosts.parse("api.example.org:80=" + PUBLIC);
        return this;
    }

    static Key variable(String host) {
        return new Key.Variable(
                new CredentialId("vcrd_1"),
                "PLACEHOLDER-1",
                List.of(HostRule.parse(host).orElseThrow()),
                false,
                true,
                true,
                Secret.of(CANARY));
    }

    static HttpUrl url(String text) {
        return HttpUrl.parse(text).orElseThrow();
    }

    static Outbound.Caller caller(Purpose purpose) {
        return new Outbound.Caller(WorkspaceId.DEFAULT, SESSION, SESSION.primaryThread(), 1, CALL, purpose);
    }

    CredentialProxy proxy() {
        if (proxy == null)
            proxy = new CredentialProxy(
                    asking(), uses, new ProxySettings(opened, authorities, limits), this, this, () -> {});
        return proxy;
    }

    /** Whatever keyring the test has by then. */
    private Keyring asking() {
        return new Keyring() {
            @Override
            public Ring of(Outbound.Caller caller) {
                return keyring.of(caller);
            }

            @Override
            public boolean renew(Outbound.Caller caller, Key.Bearer refused) {
                return keyring.renew(caller, refused);
            }
        };
    }

    Response send(Request request) {
        return proxy().send(caller(Purpose.SANDBOX), request);
    }

    Response get(String url, String... headers) {
        return send(request("GET", url, "", headers));
    }

    static Request request(String method, String url, String body, String... headers) {
        List<Header> list = new ArrayList<>();
        for (String header : headers) {
            int colon = header.indexOf(": ");
            list.add(new Header(header.substring(0, colon), header.substring(colon + 2)));
        }
        byte[] bytes = Upstream.bytes(body);
        return new Request(method, url, list, new ByteArrayInputStream(bytes), bytes.length);
    }

    @Override
    public List<IpAddress> of(Host name) {
        lookedUp.add(name.text());
        Deque<List<IpAddress>> answers = names.get(name.text());
        if (answers == null) return List.of();
        return answers.size() > 1 ? answers.remove() : answers.peek();
    }

    @Override
    public Socket connect(IpAddress address, int port, Duration patience) throws IOException {
        dialled.add(address.toString());
        Integer behind = ports.get(address.toString());
        if (behind == null) throw new ConnectException("nobody there");
        return Sockets.SYSTEM.connect(IpAddress.parse("127.0.0.1").orElseThrow(), behind, patience);
    }

    @Override
    public void close() {
        if (proxy != null) proxy.close();
    }
}
