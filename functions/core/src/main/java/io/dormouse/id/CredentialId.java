package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;

/** {@code vcrd_…}: a credential of a vault. */
public record CredentialId(@JsonValue String text) {
    @JsonCreator
    public CredentialId {
        if (!valid(text)) throw new IllegalArgumentException("not a credential id");
    }

    /** Empty when the text cannot be a credential's id, so that no store is asked for it. */
    public static Optional<CredentialId> parse(String text) {
        return valid(text) ? Optional.of(new CredentialId(text)) : Optional.empty();
    }

    private static boolean valid(String text) {
        return text != null && text.startsWith("vcrd_") && text.length() <= 64 && Base58.isText(text.substring(5));
    }

    @Override
    public String toString() {
        return text;
    }
}
