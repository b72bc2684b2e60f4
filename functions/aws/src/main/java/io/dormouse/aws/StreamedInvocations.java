package io.dormouse.aws;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Executors;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.eventstream.HeaderValue;
import software.amazon.awssdk.eventstream.Message;
import software.amazon.awssdk.eventstream.MessageDecoder;

/**
 * {@code lambda:InvokeWithResponseStream}: calls a function and reads its answer while it writes it. Signed by the SDK's
 * signer, decoded by its decoder, and sent by the JDK, for the SDK's own way to do it is asynchronous.
 */
public final class StreamedInvocations implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(3);
    /** As long as a function lives: nothing has to come before its answer begins. */
    private static final Duration HEAD = Duration.ofMinutes(15);

    private static final int THROTTLED = 429;
    private static final int MOST_ERROR_BYTES = 65_536;

    private static final Map<String, String> HEADERS =
            Map.of("content-type", "application/json", "x-amz-invocation-type", "RequestResponse");

    private final URI endpoint;
    private final SigV4 signature;
    private final HttpClient http;

    StreamedInvocations(URI endpoint, String region, AwsCredentialsProvider credentials) {
        this.endpoint = endpoint;
        this.signature = new SigV4("lambda", region, credentials);
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT)
                .executor(Executors.newVirtualThreadPerTaskExecutor())
                .build();
    }

    public sealed interface Invoked {
        /** @param stream what the function writes; an {@link IOException} when the function does not come to its end */
        record Begun(InputStream stream) implements Invoked {}

        /** The function was not called, for it is called too often already. */
        record Throttled() implements Invoked {}

        /** @param why never what was sent */
        record Failed(String why) implements Invoked {}
    }

    /** Never throws for what a network or a service can do. */
    public Invoked invoke(String function, byte[] event) {
        try {
            String name = URLEncoder.encode(function, StandardCharsets.UTF_8);
            URI target = endpoint.resolve("/2021-11-15/functions/" + name + "/response-streaming-invocations");
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(target).timeout(HEAD).POST(HttpRequest.BodyPublishers.ofByteArray(event));
            HEADERS.forEach(request::header);
            signature.headers(target, HEADERS, event).forEach(request::header);
            HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            if (response.statusCode() == 200) return new Invoked.Begun(new Payload(response.body()));
            try (InputStream error = response.body()) {
                error.readNBytes(MOST_ERROR_BYTES);
            }
            return response.statusCode() == THROTTLED
                    ? new Invoked.Throttled()
                    : new Invoked.Failed("Lambda answered " + response.statusCode() + " "
                            + response.headers().firstValue("x-amzn-errortype").orElse(""));
        } catch (IOException | IllegalStateException e) {
            return new Invoked.Failed(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Invoked.Failed("interrupted");
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    /** What is in the events of a stream, without the events. */
    private static final class Payload extends InputStream {
        private final InputStream in;
        private final Deque<Message> messages = new ArrayDeque<>();
        private final MessageDecoder decoder = new MessageDecoder(messages::add);
        private final byte[] buffer = new byte[16_384];
        private byte[] bytes = {};
        private int at;
        private boolean complete;

        Payload(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) return 0;
            while (at == bytes.length) {
                if (complete) return -1;
                take();
            }
            int count = Math.min(length, bytes.length - at);
            System.arraycopy(bytes, at, into, offset, count);
            at += count;
            return count;
        }

        private void take() throws IOException {
            while (messages.isEmpty()) {
                int count = in.read(buffer);
                if (count < 0) throw new IOException("the stream of the invocation breaks off");
                try {
                    decoder.feed(buffer, 0, count);
                } catch (IllegalArgumentException e) {
                    throw new IOException("not a stream of events", e);
                }
            }
            Message message = messages.remove();
            String type = header(message, ":event-type");
            switch (type) {
                case "PayloadChunk" -> {
                    bytes = message.getPayload();
                    at = 0;
                }
                case "InvokeComplete" -> {
                    JsonNode end = Json.read(message.getPayload(), JsonNode.class);
                    if (end.hasNonNull("ErrorCode"))
                        throw new IOException(
                                "the function failed: " + end.path("ErrorCode").asText());
                    complete = true;
                }
                default ->
                    throw new IOException("the stream of the invocation says "
                            + (type.isEmpty() ? header(message, ":exception-type") : type));
            }
        }

        private static String header(Message message, String name) {
            HeaderValue value = message.getHeaders().get(name);
            return value == null ? "" : value.getString();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
