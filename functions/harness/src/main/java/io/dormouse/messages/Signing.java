package io.dormouse.messages;

import io.dormouse.aws.SigV4;
import java.net.URI;
import java.util.Map;

/** How a request proves who sends it. */
public sealed interface Signing {
    /**
     * @param sent the headers of the request, names in lower case
     * @return further headers, which authorize a POST of exactly this body to this address
     * @throws IllegalStateException when that is not possible at the moment
     */
    Map<String, String> headers(URI target, Map<String, String> sent, byte[] body);

    /** The text without any secret of this signing, for messages that people may see. */
    String redact(String text);

    /** For a server that asks for nothing. */
    record Unsigned() implements Signing {
        @Override
        public Map<String, String> headers(URI target, Map<String, String> sent, byte[] body) {
            return Map.of();
        }

        @Override
        public String redact(String text) {
            return text;
        }
    }

    /** An API key in {@code x-api-key}. Prints without the key. */
    record ApiKey(String key) implements Signing {
        public ApiKey {
            boolean printable = key.chars().allMatch(c -> c > ' ' && c < 0x7F);
            if (key.isEmpty() || !printable) throw new IllegalArgumentException("an API key is printable ASCII");
        }

        @Override
        public Map<String, String> headers(URI target, Map<String, String> sent, byte[] body) {
            return Map.of("x-api-key", key);
        }

        @Override
        public String redact(String text) {
            return without(key, text);
        }

        @Override
        public String toString() {
            return "ApiKey[…]";
        }
    }

    /** As a role of AWS, or a user: the request is signed, and no secret leaves. */
    record Aws(SigV4 signature) implements Signing {
        @Override
        public Map<String, String> headers(URI target, Map<String, String> sent, byte[] body) {
            return signature.headers(target, sent, body);
        }

        @Override
        public String redact(String text) {
            String redacted = text;
            for (String secret : signature.secrets()) redacted = without(secret, redacted);
            return redacted;
        }
    }

    /** Also takes the beginning of a secret at the end of the text, where a message was cut. */
    private static String without(String secret, String text) {
        String redacted = text.replace(secret, "[key]");
        for (int length = secret.length() - 1; length >= 4; length--) {
            if (redacted.endsWith(secret.substring(0, length))) {
                return redacted.substring(0, redacted.length() - length) + "[key]";
            }
        }
        return redacted;
    }
}
