package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;

/** {@code vlt_…}: a vault. */
public record VaultId(@JsonValue String text) {
    @JsonCreator
    public VaultId {
        if (!valid(text)) throw new IllegalArgumentException("not a vault id");
    }

    /** Empty when the text cannot be a vault's id, so that no store is asked for it. */
    public static Optional<VaultId> parse(String text) {
        return valid(text) ? Optional.of(new VaultId(text)) : Optional.empty();
    }

    private static boolean valid(String text) {
        return text != null && text.startsWith("vlt_") && text.length() <= 64 && Base58.isText(text.substring(4));
    }

    @Override
    public String toString() {
        return text;
    }
}
