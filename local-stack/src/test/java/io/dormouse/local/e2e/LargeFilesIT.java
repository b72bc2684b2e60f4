package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.MultipartField;
import com.anthropic.core.http.HttpResponse;
import com.anthropic.models.beta.files.BetaFileMetadata;
import com.anthropic.models.beta.files.FileUploadParams;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Digested;
import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Files that are larger than the heap of the suite. */
@OneProcess("what goes into a function is six megabytes at most")
class LargeFilesIT {
    private static final long SIZE = 300L * 1024 * 1024;

    /** Bytes that nobody keeps: made as they are read. */
    private static final class Made extends InputStream {
        private final Random random = new Random(3);
        private final byte[] block = new byte[64 * 1024];
        private long left;

        Made(long size) {
            left = size;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) {
            if (left == 0) return -1;
            int count = (int) Math.min(Math.min(left, length), block.length);
            random.nextBytes(block);
            System.arraycopy(block, 0, bytes, offset, count);
            left -= count;
            return count;
        }
    }

    @Test
    void three_hundred_megabytes_go_through_a_heap_of_two_hundred() throws IOException {
        try (Brain brain = new Brain();
                RunningSuite suite = RunningSuite.startWith(
                        Map.of(
                                "DORMOUSE_API_KEY",
                                RunningSuite.KEY,
                                "ANTHROPIC_BASE_URL",
                                brain.address().toString()),
                        "200m");
                Client client = new Client(suite.address(), RunningSuite.KEY)) {
            Digested sent = new Digested(new Made(SIZE));
            BetaFileMetadata file = client.sdk()
                    .beta()
                    .files()
                    .upload(FileUploadParams.builder()
                            .file(MultipartField.<InputStream>builder()
                                    .value(sent)
                                    .filename("large.bin")
                                    .contentType("application/octet-stream")
                                    .build())
                            .build());
            assertThat(file.sizeBytes()).isEqualTo(SIZE);
            String sha256 = sent.stored().sha256();
            assertThat(downloaded(client, file.id())).isEqualTo(sha256);

            Brain.Role role = brain.role(
                    Brain.bash(
                            "t1",
                            "sha256sum < /mnt/session/uploads/large; cp /mnt/session/uploads/large /mnt/session/outputs/copy"),
                    Script.text("Done."));
            Talk talk = FilesIT.talk(
                    client, role, "[{\"type\":\"file\",\"file_id\":\"" + file.id() + "\",\"mount_path\":\"/large\"}]");
            talk.say("go");
            atRest(talk);
            assertThat(Talk.results(talk.settled()).getFirst()).startsWith(sha256);
            List<BetaFileMetadata> outputs = FilesIT.outputs(client, talk.id());
            assertThat(outputs).hasSize(1);
            assertThat(outputs.getFirst().sizeBytes()).isEqualTo(SIZE);
            assertThat(downloaded(client, outputs.getFirst().id())).isEqualTo(sha256);

            assertThat(tooLarge(client)).isEqualTo(413);
            assertThat(suite.output()).doesNotContain("OutOfMemory");
        }
    }

    /** On a busy machine it takes a while to carry so much to and fro. */
    private static void atRest(Talk talk) {
        for (int minutes = 1; ; minutes++) {
            try {
                Eventually.until("it comes to rest", () -> talk.status().equals("idle"));
                return;
            } catch (AssertionError late) {
                if (minutes == 5) throw late;
            }
        }
    }

    private static String downloaded(Client client, String file) throws IOException {
        try (HttpResponse response = client.sdk().beta().files().download(file);
                Digested digested = new Digested(response.body())) {
            digested.transferTo(OutputStream.nullOutputStream());
            Contents.Stored stored = digested.stored();
            assertThat(stored.sizeBytes()).isEqualTo(SIZE);
            return stored.sha256();
        }
    }

    /** Announced as a byte more than is allowed, and not sent. */
    private static int tooLarge(Client client) throws IOException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(client.address() + "/v1/files"))
                    .header("x-api-key", client.key())
                    .header("content-type", "multipart/form-data; boundary=b")
                    .POST(HttpRequest.BodyPublishers.fromPublisher(
                            HttpRequest.BodyPublishers.ofInputStream(() -> new Made(600L * 1024 * 1024)),
                            600L * 1024 * 1024))
                    .build();
            return http.send(request, BodyHandlers.discarding()).statusCode();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
