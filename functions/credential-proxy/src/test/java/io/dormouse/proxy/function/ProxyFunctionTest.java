package io.dormouse.proxy.function;

import static io.dormouse.proxy.function.Account.SECRET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.aws.LambdaOutbound;
import io.dormouse.aws.LambdaSafe;
import io.dormouse.aws.StreamedInvocations;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Request;
import io.dormouse.outbound.Outbound.Response;
import io.dormouse.testkit.memory.MemoryContents;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Requests and secrets by way of both functions, each in processes of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyFunctionTest {
    private static final String HOST = "api.example.org";

    private interface Script {
        void answer(HttpExchange exchange) throws IOException;
    }

    private HttpServer host;
    private Account account;
    private String placeholder;
    private final AtomicReference<Script> script = new AtomicReference<>();

    @BeforeAll
    void start() throws IOException {
        host = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        host.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        host.createContext("/", exchange -> {
            try (exchange) {
                script.get().answer(exchange);
            }
        });
        host.start();
        account = new Account(HOST + ":" + host.getAddress().getPort() + "=127.0.0.1");
        account.session(account.vault(HOST));
        placeholder =
                account.outbound.placeholders(Account.HERE, account.session).get("API_KEY");
    }

    @AfterAll
    void stop() {
        account.close();
        host.stop(0);
    }

    @BeforeEach
    void forget() {
        account.forget();
        account.uses.told(account.session.primaryThread(), uses().size());
    }

    private List<CredentialUse> uses() {
        return account.uses.untold(account.session.primaryThread(), 100);
    }

    private Request request(String method, InputStream body, long length) {
        String url = "http://" + HOST + ":" + host.getAddress().getPort() + "/v1/things?q=1";
        return new Request(method, url, List.of(new Header("Authorization", "Bearer " + placeholder)), body, length);
    }

    private Response get() {
        return account.outbound.send(account.caller(), request("GET", InputStream.nullInputStream(), 0));
    }

    private static Response.Answered answered(Response response) {
        assertThat(response).isInstanceOf(Response.Answered.class);
        return (Response.Answered) response;
    }

    private static void reply(HttpExchange exchange, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    // ---- secrets

    @Test
    void a_secret_goes_in_by_one_function_and_out_by_the_other_and_nowhere_else() throws IOException {
        script.set(exchange -> {
            String given = exchange.getRequestHeaders().getFirst("Authorization");
            assertThat(given).isEqualTo("Bearer " + SECRET);
            exchange.getResponseHeaders().set("X-Echo", given);
            reply(exchange, "you said " + given);
        });
        Response.Answered answer = answered(get());
        String body = new String(answer.body().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(body).startsWith("you said Bearer ").doesNotContain(SECRET);
        assertThat(answer.headers().toString()).doesNotContain(SECRET);
        assertThat(answer.credential()).startsWith("vcrd_");
        assertThat(uses()).singleElement().satisfies(use -> {
            assertThat(use.credential().text()).isEqualTo(answer.credential());
            assertThat(use.status()).isEqualTo(200);
            assertThat(use.bytes()).isEqualTo(body.length());
            assertThat(use.call()).isNotNull();
        });
        assertThat(account.logs()).doesNotContain(SECRET);
    }

    @Test
    void the_safe_rotates_settles_and_forgets() {
        VaultId vault = new VaultId(account.ids.next("vlt_"));
        CredentialId credential = new CredentialId(account.ids.next("vcrd_"));
        Safe safe = account.safe;
        NewSecret secret = NewSecret.of(Map.of(SecretPart.TOKEN, SECRET));
        assertThat(safe.store(vault, credential, "r1", secret)).isEqualTo(new Safe.Kept.Done());
        assertThat(safe.rotate(vault, credential, "r1", "r2", secret)).isEqualTo(new Safe.Kept.Done());
        assertThat(safe.rotate(vault, credential, "r9", "r10", secret)).isEqualTo(new Safe.Kept.Gone());
        assertThat(safe.settle(Account.HERE, vault, credential, "r1")).isEqualTo(new Safe.Kept.Gone());
        safe.forget(vault, credential, "r2");
        assertThat(safe.rotate(vault, credential, "r2", "r3", secret)).isEqualTo(new Safe.Kept.Gone());
        safe.forget(vault, credential);
        assertThat(safe.rotate(vault, credential, "r1", "r3", secret)).isEqualTo(new Safe.Kept.Gone());
        safe.forget(vault);
        assertThat(safe.validate(Account.HERE, vault, credential).status()).isEqualTo(Validation.Status.UNKNOWN);
        assertThat(account.logs()).doesNotContain(SECRET);
    }

    @Test
    void a_function_does_no_errand_of_the_other_one() {
        StreamedInvocations invocations = Account.invocations(account.lambda.endpoint());
        LambdaSafe wrong = new LambdaSafe(invocations, "send");
        VaultId vault = new VaultId(account.ids.next("vlt_"));
        assertThatThrownBy(() -> wrong.forget(vault)).hasMessageContaining("other errands");
        LambdaOutbound outbound =
                new LambdaOutbound(invocations, "store", new MemoryContents(), account.uses, account.ids::next);
        script.set(exchange -> reply(exchange, "never"));
        assertThat(refused(outbound.send(account.caller(), request("GET", InputStream.nullInputStream(), 0))))
                .isEqualTo("proxy_unavailable");
        assertThatThrownBy(() -> outbound.placeholders(Account.HERE, account.session))
                .hasMessageContaining("other errands");
        assertThat(uses()).isEmpty();
    }

    @Test
    void what_is_no_errand_is_not_quoted() throws Exception {
        for (String event : List.of("{}", "\"" + SECRET + "\"", "{\"errand\":\"" + SECRET + "\"}"))
            assertThat(new String(account.lambda.call("store", event.getBytes(StandardCharsets.UTF_8))))
                    .contains("no errand")
                    .doesNotContain(SECRET);
        assertThat(account.logs()).doesNotContain(SECRET);
    }

    // ---- trust

    @Test
    void the_table_says_whether_the_caller_holds_the_lease_and_not_the_caller() {
        script.set(exchange -> reply(exchange, "never"));
        Request request = request("GET", InputStream.nullInputStream(), 0);
        assertThat(refused(account.outbound.send(account.stranger(), request))).isEqualTo("superseded");
        assertThat(uses()).isEmpty();
    }

    @Test
    void nobody_is_there() {
        LambdaOutbound outbound = new LambdaOutbound(
                Account.invocations(URI.create("http://127.0.0.1:9")),
                "send",
                new MemoryContents(),
                account.uses,
                account.ids::next);
        assertThat(refused(outbound.send(account.caller(), request("GET", InputStream.nullInputStream(), 0))))
                .isEqualTo("proxy_unavailable");
    }

    private static String refused(Response response) {
        assertThat(response).isInstanceOf(Response.Refused.class);
        return ((Response.Refused) response).reason();
    }

    // ---- bodies

    @Test
    void events_of_a_stream_come_as_they_are_sent() throws IOException {
        CountDownLatch heard = new CountDownLatch(1);
        script.set(exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            out.write("data: 1\n\n".getBytes(StandardCharsets.UTF_8));
            out.flush();
            await(heard);
            out.write("data: 2\n\n".getBytes(StandardCharsets.UTF_8));
        });
        try (InputStream body = answered(get()).body()) {
            // The credential is looked for in what comes back: as many bytes as it has may lag behind.
            assertThat(body.read()).isEqualTo('d');
            heard.countDown();
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("ata: 1\n\ndata: 2\n\n");
        }
    }

    @Test
    void a_large_answer_comes_through_a_small_process_and_leaves_nothing_behind() throws IOException {
        long size = 88L << 20;
        script.set(exchange -> {
            exchange.sendResponseHeaders(200, size);
            new Pattern(size).transferTo(exchange.getResponseBody());
        });
        try (InputStream body = answered(get()).body()) {
            assertThat(Pattern.same(body, size)).isTrue();
        }
        assertThat(account.handedOver()).isEmpty();
        assertThat(uses()).singleElement().satisfies(use -> assertThat(use.bytes())
                .isEqualTo(size));
    }

    @Test
    void a_large_request_of_known_or_unknown_length_arrives_whole() throws IOException {
        long size = 21L << 20;
        script.set(exchange ->
                reply(exchange, Pattern.same(exchange.getRequestBody(), size) ? "whole" : "not what was sent"));
        for (long length : new long[] {size, -1}) {
            Response response = account.outbound.send(account.caller(), request("POST", new Pattern(size), length));
            assertThat(answered(response).body()).hasContent("whole");
        }
        assertThat(account.handedOver()).isEmpty();
    }

    /** Lambda tells no function that its caller has gone: the end of the wake does. */
    @Test
    void an_answer_that_nobody_wants_any_more_ends_with_the_wake() throws IOException {
        CountDownLatch gone = new CountDownLatch(1);
        script.set(exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            OutputStream out = exchange.getResponseBody();
            try {
                out.write(new byte[2000]);
                while (true) {
                    out.flush();
                    LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
                    out.write('.');
                }
            } catch (IOException e) {
                gone.countDown();
            }
        });
        InputStream body = answered(get()).body();
        assertThat(body.readNBytes(1000)).hasSize(1000);
        body.close();
        assertThatThrownBy(body::read).isInstanceOf(IOException.class);
        assertThat(uses()).singleElement().satisfies(use -> {
            assertThat(use.status()).isEqualTo(200);
            assertThat(use.bytes()).isEqualTo(1000);
        });
        assertThat(account.lambda.busy("send")).hasSize(1);
        account.letsGo();
        await(gone);
        account.wakes();
    }

    @Test
    void a_proxy_that_dies_breaks_the_body_off_and_the_use_is_told() throws IOException {
        CountDownLatch never = new CountDownLatch(1);
        script.set(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(new byte[1000]);
            exchange.getResponseBody().flush();
            await(never);
        });
        try (InputStream body = answered(get()).body()) {
            assertThat(body.read()).isZero();
            account.lambda.busy("send").forEach(ProcessHandle::destroyForcibly);
            assertThatThrownBy(body::readAllBytes).isInstanceOf(IOException.class);
        } finally {
            never.countDown();
        }
        assertThat(uses()).singleElement().satisfies(use -> assertThat(use.status())
                .isEqualTo(200));
    }

    @Test
    void a_proxy_that_dies_before_there_is_an_answer_has_used_what_was_about_to_leave() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        script.set(exchange -> {
            asked.countDown();
            await(never);
        });
        Thread killer = Thread.startVirtualThread(() -> {
            await(asked);
            account.lambda.busy("send").forEach(ProcessHandle::destroyForcibly);
        });
        assertThat(refused(get())).isEqualTo("proxy_unavailable");
        killer.join();
        never.countDown();
        assertThat(uses()).singleElement().satisfies(use -> assertThat(use.status())
                .isZero());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Bytes that do not repeat at any place where a body could be cut. */
    private static final class Pattern extends InputStream {
        private final long size;
        private long at;

        Pattern(long size) {
            this.size = size;
        }

        private static byte of(long at) {
            return (byte) (at * 31 + (at >>> 16));
        }

        @Override
        public int read() {
            return at < size ? of(at++) & 255 : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (at == size) return -1;
            int count = (int) Math.min(length, size - at);
            for (int i = 0; i < count; i++) buffer[offset + i] = of(at++);
            return count;
        }

        static boolean same(InputStream in, long size) throws IOException {
            byte[] buffer = new byte[65_536];
            long at = 0;
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer))
                for (int i = 0; i < count; i++) if (buffer[i] != of(at++)) return false;
            return at == size;
        }
    }
}
