package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.UseLedger;
import io.dormouse.proxy.CredentialProxy;
import io.dormouse.proxy.Key;
import io.dormouse.proxy.PrivateHosts;
import io.dormouse.proxy.ProxySettings;
import io.dormouse.proxy.Ring;
import io.dormouse.proxy.Secret;
import io.dormouse.proxy.http.Limits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/**
 * What the credential proxy adds to a request that uses a credential, and whose answer is searched for echoes of it: against
 * a direct call, in alternation; and how much passes through it against nginx as a reverse proxy, which does neither.
 */
final class ProxyBench implements Bench.Benchmark {
    private static final int RUNS = 5;
    private static final int CALLS = 400;
    private static final int WARM_UPS = 10;
    private static final int AT_ONCE = 16;
    private static final Duration RUN = Duration.ofSeconds(3);
    private static final long LARGE = 256L << 20;
    private static final SessionId SESSION = new SessionId("sesn_1");
    private static final byte[] SMALL =
            "{\"name\":\"an item\",\"size\":1234},".repeat(32).getBytes(StandardCharsets.UTF_8);

    private final UseLedger uses = new UseLedger();
    private CredentialProxy proxy;
    private int port;

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        byte[] block = new byte[1 << 16];
        for (int i = 0; i < block.length; i++) block[i] = SMALL[i % SMALL.length];
        try (TinyServer origin = new TinyServer((path, out) -> {
                    boolean large = path.startsWith("/large");
                    out.write(TinyServer.head(large ? LARGE : SMALL.length));
                    if (!large) out.write(SMALL);
                    else for (long sent = 0; sent < LARGE; sent += block.length) out.write(block);
                });
                TinyServer front = new TinyServer(this::pass)) {
            port = origin.port();
            proxy = CredentialProxy.of(caller -> ring(), uses, settings());
            boolean fast = latency(result);
            throughput(result, front.port());
            proxy.close();
            result.put("mark", "added p50 <= 2 ms");
            return fast;
        }
    }

    private ProxySettings settings() {
        return new ProxySettings(PrivateHosts.parse("origin.bench:" + port + "=127.0.0.1"), null, Limits.DEFAULT);
    }

    private static Ring ring() {
        Key key = new Key.Variable(
                new CredentialId("vcrd_1"),
                "PLACEHOLDER-0123456789",
                List.of(HostRule.parse("origin.bench").orElseThrow()),
                false,
                true,
                true,
                Secret.of("a-secret-of-forty-characters-0123456789a"));
        return new Ring.Open(new Networking.Unrestricted(), List.of(), List.of(key));
    }

    private Outbound.Response.Answered send(String path) throws IOException {
        Outbound.Caller caller = new Outbound.Caller(
                WorkspaceId.DEFAULT,
                SESSION,
                SESSION.primaryThread(),
                1,
                new EventId("sevt_1"),
                Outbound.Purpose.SANDBOX);
        Outbound.Request request = new Outbound.Request(
                "GET",
                "http://origin.bench:" + port + path,
                List.of(new Outbound.Header("Authorization", "Bearer PLACEHOLDER-0123456789")),
                InputStream.nullInputStream(),
                0);
        return switch (proxy.send(caller, request)) {
            case Outbound.Response.Answered answered -> answered;
            case Outbound.Response.Refused refused -> throw new IOException(refused.toString());
        };
    }

    /** What a front end does that stands before the proxy. */
    private void pass(String path, OutputStream out) throws IOException {
        try (InputStream body = send(path).body()) {
            out.write(TinyServer.head(path.startsWith("/large") ? LARGE : SMALL.length));
            body.transferTo(out);
        }
        told();
    }

    /** As the harness does, or no credential would be used any more. */
    private void told() {
        uses.told(
                SESSION.primaryThread(), uses.untold(SESSION.primaryThread(), 1).size());
    }

    // ---- latency

    private boolean latency(ObjectNode result) throws IOException {
        List<Double> added = new ArrayList<>();
        List<Double> addedToKept = new ArrayList<>();
        List<Double> proxied = new ArrayList<>();
        List<Double> direct = new ArrayList<>();
        try (Connection kept = new Connection(port)) {
            for (int run = -WARM_UPS; run < RUNS; run++) {
                double[] through = new double[CALLS];
                double[] fresh = new double[CALLS];
                double[] warm = new double[CALLS];
                for (int i = 0; i < CALLS; i++) {
                    long begun = System.nanoTime();
                    try (InputStream body = send("/small").body()) {
                        body.readAllBytes();
                    }
                    through[i] = Figures.millis(System.nanoTime() - begun);
                    told();
                    begun = System.nanoTime();
                    try (Connection one = new Connection(port)) {
                        one.send("GET", "/small", "");
                        one.skipBody();
                    }
                    fresh[i] = Figures.millis(System.nanoTime() - begun);
                    begun = System.nanoTime();
                    kept.send("GET", "/small", "");
                    kept.skipBody();
                    warm[i] = Figures.millis(System.nanoTime() - begun);
                }
                if (run < 0) continue;
                proxied.add(Figures.percentile(through, 0.5));
                direct.add(Figures.percentile(fresh, 0.5));
                added.add(proxied.getLast() - direct.getLast());
                addedToKept.add(proxied.getLast() - Figures.percentile(warm, 0.5));
                Bench.say("run " + (run + 1) + ": added p50 " + Figures.rounded(added.getLast()) + " ms");
            }
        }
        result.put("runs", RUNS).put("calls_per_run", CALLS).put("answer_bytes", SMALL.length);
        result.set("added_p50_ms", Figures.spread(added));
        result.set("added_to_a_kept_connection_p50_ms", Figures.spread(addedToKept));
        result.set("proxied_p50_ms", Figures.spread(proxied));
        result.set("direct_p50_ms", Figures.spread(direct));
        return Figures.median(added) <= 2;
    }

    // ---- throughput

    private void throughput(ObjectNode result, int front) throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        Path folder = Files.createTempDirectory("dormouse-nginx");
        Process nginx = nginx(folder, free);
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        List<Double> ourMegabytes = new ArrayList<>();
        List<Double> theirMegabytes = new ArrayList<>();
        try {
            for (int run = -1; run < RUNS; run++) {
                double rate = rate(front);
                double other = nginx == null ? 0 : rate(free);
                double megabytes = megabytes(front);
                double otherMegabytes = nginx == null ? 0 : megabytes(free);
                if (run < 0) continue;
                ours.add(rate);
                ourMegabytes.add(megabytes);
                theirs.add(other);
                theirMegabytes.add(otherMegabytes);
                Bench.say("run " + (run + 1) + ": " + Math.round(rate) + " requests/s, nginx " + Math.round(other)
                        + "; " + Math.round(megabytes) + " MB/s, nginx " + Math.round(otherMegabytes));
            }
        } finally {
            if (nginx != null) nginx.destroy();
            if (nginx != null) nginx.waitFor();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) Files.delete(file);
            }
        }
        result.put("connections", AT_ONCE);
        result.set("requests_per_s", Figures.spread(ours));
        result.set("large_mb_per_s", Figures.spread(ourMegabytes));
        if (nginx == null) {
            result.put("nginx", "is not installed: no comparison");
            return;
        }
        result.set("nginx_requests_per_s", Figures.spread(theirs));
        result.set("nginx_large_mb_per_s", Figures.spread(theirMegabytes));
        result.put("requests_ratio_to_nginx", Figures.rounded(Figures.median(ours) / Figures.median(theirs)));
        result.put(
                "large_ratio_to_nginx", Figures.rounded(Figures.median(ourMegabytes) / Figures.median(theirMegabytes)));
    }

    /** A connection of its own to the origin for each request, as ours has; null where there is no nginx. */
    private Process nginx(Path folder, int listen) throws Exception {
        String settings = "daemon off; master_process off; pid " + folder + "/pid; error_log stderr crit;"
                + "events { worker_connections 512; } http { access_log off; client_body_temp_path " + folder + "/b;"
                + " proxy_temp_path " + folder + "/p; fastcgi_temp_path " + folder + "/f; uwsgi_temp_path " + folder
                + "/u; scgi_temp_path " + folder + "/s; server { listen 127.0.0.1:" + listen + ";"
                + " keepalive_requests 1000000; location / { proxy_pass http://127.0.0.1:" + port
                + "; proxy_set_header Authorization \"Bearer x\"; proxy_max_temp_file_size 0; } } }";
        Path file = Files.writeString(folder.resolve("nginx.conf"), settings);
        Process process;
        try {
            process = new ProcessBuilder("nginx", "-p", folder.toString(), "-c", file.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return null;
        }
        while (process.isAlive())
            try (Connection connection = new Connection(listen)) {
                connection.send("GET", "/small", "");
                connection.skipBody();
                return process;
            } catch (IOException e) {
                Thread.onSpinWait();
            }
        throw new IOException("nginx has ended by itself");
    }

    private static double rate(int port) throws Exception {
        long end = System.nanoTime() + RUN.toNanos();
        List<Future<Integer>> counts = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < AT_ONCE; i++)
                counts.add(threads.submit(() -> {
                    int count = 0;
                    try (Connection connection = new Connection(port)) {
                        for (; System.nanoTime() < end; count++) {
                            connection.send("GET", "/small", "");
                            connection.skipBody();
                        }
                    }
                    return count;
                }));
        }
        int sum = 0;
        for (Future<Integer> count : counts) sum += count.get();
        return sum / (RUN.toNanos() / 1e9);
    }

    private static double megabytes(int port) throws IOException {
        long begun = System.nanoTime();
        try (Connection connection = new Connection(port)) {
            connection.send("GET", "/large", "");
            long bytes = connection.skipBody();
            return bytes / 1e6 / ((System.nanoTime() - begun) / 1e9);
        }
    }
}
