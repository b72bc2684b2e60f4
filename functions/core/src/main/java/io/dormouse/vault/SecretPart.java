package io.dormouse.vault;

import java.util.Arrays;
import java.util.Optional;

/** The parts of a secret, by their names on the wire, which are stored names as well. */
public enum SecretPart {
    TOKEN("token", 8192),
    ACCESS_TOKEN("access_token", 8192),
    REFRESH_TOKEN("refresh_token", 4096),
    CLIENT_SECRET("client_secret", 512),
    SECRET_VALUE("secret_value", 8192);

    private final String wireName;
    private final int maxLength;

    SecretPart(String wireName, int maxLength) {
        this.wireName = wireName;
        this.maxLength = maxLength;
    }

    public String wireName() {
        return wireName;
    }

    /** In characters. */
    public int maxLength() {
        return maxLength;
    }

    public static Optional<SecretPart> of(String wireName) {
        return Arrays.stream(values())
                .filter(part -> part.wireName.equals(wireName))
                .findFirst();
    }

    /**
     * Why this cannot be such a part; empty when it can. A line break would end a header, so none is ever kept; tokens are
     * printable ASCII by their own standards (RFC 6749, appendix A), the value of a variable is whatever a service calls a key.
     */
    public Optional<String> flaw(String text) {
        if (text.isEmpty()) return Optional.of("must not be empty");
        if (text.codePointCount(0, text.length()) > maxLength)
            return Optional.of("must have at most " + maxLength + " characters");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) return Optional.of("must not have line breaks or other control characters");
            if (this != SECRET_VALUE && c > '~') return Optional.of("must have printable ASCII characters only");
        }
        if (text.isBlank() || text.charAt(0) == ' ' || text.charAt(text.length() - 1) == ' ')
            return Optional.of("must not begin or end with a space");
        return Optional.empty();
    }
}
