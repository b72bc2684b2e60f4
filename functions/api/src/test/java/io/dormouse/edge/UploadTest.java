package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Digested;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryContents;
import io.dormouse.testkit.memory.MemoryResources;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Forms with a file, and files, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class UploadTest {
    private static final int MAX = 3_000_000;

    private final InstantSource clock = InstantSource.system();
    private final MemoryResources resources = new MemoryResources(clock);
    private final MemoryContents contents = new MemoryContents();
    private final SecureRandom random = new SecureRandom();
    private final ApiKeys keys = new ApiKeys(resources, clock, random);
    private final String key = keys.create(new WorkspaceId("here"), "test").plain();
    private final Vertx vertx = Vertx.vertx();
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger discarded = new AtomicInteger();
    private final Overtaking discard = new Overtaking();
    private final BlockingQueue<String> ended = new ArrayBlockingQueue<>(100);
    private int port;

    @BeforeAll
    void start() throws Exception {
        RouteTable routes = new RouteTable(
                List.of(Route.upload("/v1/files", this::receive), Route.get("/v1/files/{id}", this::file)));
        Ids ids = new Ids(clock, random);
        Gateway gateway = new Gateway(
                routes,
                keys,
                new Idempotency(resources, new MemoryBlobs(), clock, random, Incarnation.ONE_OF_MANY),
                ids);
        gateway.maxFileBytes = MAX;
        port = vertx.createHttpServer()
                .requestHandler(gateway::handle)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get()
                .actualPort();
    }

    @AfterAll
    void stop() throws Exception {
        client.close();
        vertx.close().toCompletionStage().toCompletableFuture().get();
    }

    private Route.Received receive(WorkspaceId workspace, Upload upload) throws IOException {
        Digested digested = new Digested(upload.stream());
        try {
            digested.transferTo(OutputStream.nullOutputStream());
        } catch (IOException | RuntimeException e) {
            ended.add(e.getClass().getSimpleName());
            throw e;
        }
        Contents.Stored stored = digested.stored();
        String fields = upload.fields().toString();
        return new Route.Received() {
            @Override
            public String fingerprint() {
                return stored.sha256() + fields;
            }

            @Override
            public Answer answer(Call call) {
                return Answer.ok(Json.object()
                        .put("id", call.ids().next("file_"))
                        .put("filename", upload.filename())
                        .put("type", upload.mimeType())
                        .put("size", stored.sizeBytes())
                        .put("sha256", stored.sha256())
                        .put("fields", fields)
                        .put("workspace", workspace.text()));
            }

            @Override
            public void discard() {
                discard.work();
                discarded.incrementAndGet();
            }
        };
    }

    private Answer file(Call call) throws IOException {
        String id = call.parameter("id");
        if (id.equals("short"))
            return new Answer.File("a", new Contents.Content(InputStream.nullInputStream(), 100_000));
        long size = Long.parseLong(id);
        contents.put("x", new java.io.ByteArrayInputStream(new byte[(int) size]));
        return new Answer.File("a \u00fc\"\r\n.txt", contents.open("x").orElseThrow());
    }

    // ---- requests

    private static String part(String disposition, String type, String content) {
        return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n"
                + (type == null ? "" : "Content-Type: " + type + "\r\n") + "\r\n" + content + "\r\n";
    }

    private static String file(String content) {
        return part("name=\"file\"; filename=\"a.txt\"", "text/plain", content);
    }

    private HttpRequest.Builder request(String body) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/files"))
                .header("x-api-key", key)
                .header("content-type", "multipart/form-data; boundary=b")
                .POST(BodyPublishers.ofString(body, StandardCharsets.UTF_8));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> send(String body) throws Exception {
        return send(request(body));
    }

    private static String text(HttpResponse<String> response, String pointer) {
        return Json.parse(response.body()).at(pointer).asText();
    }

    @Test
    void a_file_arrives_whole_with_its_fields_wherever_they_are() throws Exception {
        String field = part("name=\"expires_in_seconds\"", null, "3600");
        for (String body : List.of(field + file("hello") + "--b--\r\n", file("hello") + field + "--b--\r\n")) {
            HttpResponse<String> answer = send(body);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(text(answer, "/filename")).isEqualTo("a.txt");
            assertThat(text(answer, "/type")).isEqualTo("text/plain");
            assertThat(text(answer, "/size")).isEqualTo("5");
            assertThat(text(answer, "/fields")).isEqualTo("{expires_in_seconds=3600}");
            assertThat(text(answer, "/workspace")).isEqualTo("here");
        }
    }

    @Test
    void an_empty_file_and_a_strange_name_are_fine() throws Exception {
        HttpResponse<String> answer =
                send(part("name=\"file\"; filename=\"\u00fcber \uD83D\uDC3F.txt\"", "text/plain", "") + "--b--\r\n");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(text(answer, "/size")).isEqualTo("0");
        assertThat(text(answer, "/filename")).isEqualTo("\u00fcber \uD83D\uDC3F.txt");
    }

    @Test
    void what_looks_like_a_boundary_is_content() throws Exception {
        String content = "\r\n-b\r\n--a--\r\n\r\n-- b--b--\r--b --b".repeat(10_000) + "\r\n--";
        HttpResponse<String> answer = send(file(content) + "--b--\r\n");
        assertThat(text(answer, "/size")).isEqualTo(Integer.toString(content.length()));
    }

    @Test
    void a_file_has_a_limit() throws Exception {
        assertThat(text(send(file("x".repeat(MAX)) + "--b--\r\n"), "/size")).isEqualTo("" + MAX);
        HttpResponse<String> over = send(file("x".repeat(MAX + 1)) + "--b--\r\n");
        assertThat(over.statusCode()).isEqualTo(413);
        assertThat(text(over, "/error/type")).isEqualTo("request_too_large");
        HttpResponse<String> announced = send(file("x".repeat(2 * MAX)) + "--b--\r\n");
        assertThat(announced.statusCode()).isEqualTo(413);
    }

    @Test
    void what_is_no_form_with_one_file_is_refused() throws Exception {
        assertThat(text(send(request("{}").setHeader("content-type", "application/json")), "/error/message"))
                .isEqualTo("content-type must be multipart/form-data");
        for (String body : List.of(
                "--b--\r\n",
                part("name=\"x\"", null, "y") + "--b--\r\n",
                part("name=\"file\"", null, "no filename") + "--b--\r\n",
                part("name=\"other\"; filename=\"a\"", "text/plain", "x") + "--b--\r\n",
                "",
                "nonsense")) {
            HttpResponse<String> answer = send(body);
            assertThat(answer.statusCode()).as(body).isEqualTo(400);
            assertThat(text(answer, "/error/type")).isEqualTo("invalid_request_error");
        }
        HttpResponse<String> two = send(file("1") + file("2") + "--b--\r\n");
        assertThat(text(two, "/error/message")).contains("one file");
        for (String type :
                List.of("multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=b"))
            assertThat(send(request(file("x") + "--b--\r\n").setHeader("content-type", type))
                            .statusCode())
                    .as(type)
                    .isEqualTo(400);
    }

    @Test
    void a_form_without_its_end_is_refused_and_so_are_too_large_fields() throws Exception {
        assertThat(send(file("hello")).statusCode()).isEqualTo(400);
        assertThat(send(file("x".repeat(2_000_000)).strip()).statusCode()).isEqualTo(400);
        assertThat(send(part("name=\"f\"", null, "x".repeat(100_000)) + file("x") + "--b--\r\n")
                        .statusCode())
                .isEqualTo(400);
        assertThat(send(part("name=\"f\"", null, "x").repeat(1000) + file("x") + "--b--\r\n")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void who_has_no_key_sends_nothing() throws Exception {
        HttpResponse<String> answer = send(request(file("x") + "--b--\r\n").setHeader("x-api-key", "nonsense"));
        assertThat(answer.statusCode()).isEqualTo(401);
    }

    @Test
    void a_client_that_leaves_is_noticed_by_who_reads() throws Exception {
        ended.clear();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            OutputStream out = socket.getOutputStream();
            out.write(("POST /v1/files HTTP/1.1\r\nhost: x\r\nx-api-key: " + key
                            + "\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000000\r\n\r\n"
                            + file("x".repeat(100_000)))
                    .getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
        assertThat(ended.poll(120, TimeUnit.SECONDS)).isEqualTo("ClientGone");
    }

    @Test
    void the_same_key_and_file_give_the_same_answer_and_another_file_is_a_conflict() throws Exception {
        String idempotencyKey = "k" + random.nextLong();
        HttpResponse<String> first =
                send(request(file("hello") + "--b--\r\n").header("idempotency-key", idempotencyKey));
        int before = discarded.get();
        // Clients make a new boundary each time.
        HttpResponse<String> second = send(request((file("hello") + "--b--\r\n").replace("--b", "--other"))
                .setHeader("content-type", "multipart/form-data; boundary=other")
                .header("idempotency-key", idempotencyKey));
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.headers().firstValue("idempotent-replayed")).hasValue("true");
        assertThat(discarded.get()).isEqualTo(before + 1);
        HttpResponse<String> other =
                send(request(file("hullo") + "--b--\r\n").header("idempotency-key", idempotencyKey));
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(discarded.get()).isEqualTo(before + 2);
    }

    @Test
    void what_nobody_needs_is_discarded_before_the_answer() throws Exception {
        String idempotencyKey = "k" + random.nextLong();
        String form = file("hello") + "--b--\r\n";
        send(request(form).header("idempotency-key", idempotencyKey));
        discard.watch();
        send(request(form).header("idempotency-key", idempotencyKey));
        discard.assertWorkWasFirst();
    }

    @Test
    void a_file_is_sent_as_bytes_to_be_saved() throws Exception {
        for (int size : new int[] {0, 1, 65_536, 2_000_000}) {
            HttpResponse<byte[]> answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/files/" + size))
                            .header("x-api-key", key)
                            .build(),
                    BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).hasSize(size);
            assertThat(answer.headers().firstValue("content-length")).hasValue("" + size);
            assertThat(answer.headers().firstValue("content-type")).hasValue("application/octet-stream");
            assertThat(answer.headers().firstValue("content-disposition"))
                    .hasValue("attachment; filename*=UTF-8''a%20%C3%BC%22%0D%0A.txt");
            assertThat(answer.headers().firstValue("x-content-type-options")).hasValue("nosniff");
        }
    }

    @Test
    void a_content_that_is_shorter_than_it_was_is_broken_off() {
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/files/short"))
                                .header("x-api-key", key)
                                .build(),
                        BodyHandlers.ofByteArray())))
                .isInstanceOf(IOException.class);
    }
}
