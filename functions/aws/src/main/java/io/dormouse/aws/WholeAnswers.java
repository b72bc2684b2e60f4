package io.dormouse.aws;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.OptionalLong;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * An HTTP client that tells half an answer from a whole one. HttpURLConnection takes the end of a connection for the end of
 * the headers, or of a body, wherever it comes; and an answer of 200 without a body is, to the SDK, an item that is not there,
 * or a page without entries. Here it is an {@link IOException}, which the SDK answers with another attempt.
 */
final class WholeAnswers implements SdkHttpClient {
    private static final int NO_CONTENT = 204;

    private final SdkHttpClient http;

    private WholeAnswers(SdkHttpClient http) {
        this.http = http;
    }

    static Builder of(SdkHttpClient.Builder<?> http) {
        return new Builder(http);
    }

    static final class Builder implements SdkHttpClient.Builder<Builder> {
        private final SdkHttpClient.Builder<?> http;

        private Builder(SdkHttpClient.Builder<?> http) {
            this.http = http;
        }

        @Override
        public SdkHttpClient buildWithDefaults(AttributeMap defaults) {
            return new WholeAnswers(http.buildWithDefaults(defaults));
        }
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        ExecutableHttpRequest prepared = http.prepareRequest(request);
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                return whole(prepared.call());
            }

            @Override
            public void abort() {
                prepared.abort();
            }
        };
    }

    private static HttpExecuteResponse whole(HttpExecuteResponse answer) throws IOException {
        SdkHttpResponse head = answer.httpResponse();
        // The JDK notices when chunks are missing.
        if (head.statusCode() == NO_CONTENT
                || head.firstMatchingHeader("Transfer-Encoding").isPresent()) return answer;
        OptionalLong length = length(head);
        if (length.isEmpty()) {
            answer.responseBody().ifPresent(AbortableInputStream::abort);
            throw new IOException("the answer ended within its headers");
        }
        if (answer.responseBody().isEmpty()) {
            if (length.getAsLong() > 0) throw new IOException("the answer ended before its body");
            return answer;
        }
        AbortableInputStream body = answer.responseBody().get();
        return HttpExecuteResponse.builder()
                .response(head)
                .responseBody(AbortableInputStream.create(new Counted(body, length.getAsLong()), body))
                .build();
    }

    private static OptionalLong length(SdkHttpResponse head) {
        try {
            return head.firstMatchingHeader("Content-Length")
                    .map(text -> OptionalLong.of(Long.parseLong(text.strip())))
                    .orElse(OptionalLong.empty());
        } catch (NumberFormatException cut) {
            return OptionalLong.empty();
        }
    }

    /** A body that must have so many bytes. */
    private static final class Counted extends FilterInputStream {
        private final long length;
        private long count;

        Counted(InputStream body, long length) {
            super(body);
            this.length = length;
        }

        @Override
        public int read() throws IOException {
            int read = super.read();
            count(read < 0 ? -1 : 1);
            return read;
        }

        @Override
        public int read(byte[] bytes, int offset, int most) throws IOException {
            int read = super.read(bytes, offset, most);
            count(read);
            return read;
        }

        private void count(int read) throws IOException {
            if (read >= 0) count += read;
            else if (count < length)
                throw new IOException("the answer ended after " + count + " of " + length + " bytes");
        }

        @Override
        public boolean markSupported() {
            return false;
        }
    }

    @Override
    public void close() {
        http.close();
    }

    @Override
    public String clientName() {
        return http.clientName();
    }
}
