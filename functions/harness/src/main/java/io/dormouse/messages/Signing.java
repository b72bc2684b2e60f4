package io.dormouse.messages;

import java.net.URI;
import java.util.Map;

/** How a request proves who sends it. */
public interface Signing {
    /** @return the headers that authorize a POST of exactly this body to this address */
    Map<String, String> headers(URI target, byte[] body);

    /** The text without any secret of this signing, for messages that people may see. */
    String redact(String text);

    /** For a server that asks for nothing. */
    record Unsigned() implements Signing {
        @Override
        public Map<String, String> headers(URI target, byte[] body) {
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
        public Map<String, String> headers(URI target, byte[] body) {
            return Map.of("x-api-key", key);
        }

        /** Also takes the beginning of a key at the end of the text, where a message was cut. */
        @Override
        public String redact(String text) {
            String redacted = text.replace(key, "[key]");
            for (int length = key.length() - 1; length >= 4; length--) {
                if (redacted.endsWith(key.substring(0, length))) {
                    return redacted.substring(0, redacted.length() - length) + "[key]";
                }
            }
            return redacted;
        }

        @Override
        public String toString() {
            return "ApiKey[…]";
        }
    }
}
