package io.dormouse.sandbox;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/** Recognises the one caller by its bearer secret, of which only the SHA-256 is known here. */
final class Secret {
    private static final String SCHEME = "Bearer ";

    private final byte[] hash;

    private Secret(byte[] hash) {
        this.hash = hash;
    }

    /** From 64 hexadecimal digits; nothing when it is something else. */
    static Optional<Secret> ofHash(String hex) {
        try {
            byte[] hash = HexFormat.of().parseHex(hex);
            return hash.length == 32 ? Optional.of(new Secret(hash)) : Optional.empty();
        } catch (IllegalArgumentException notHex) {
            return Optional.empty();
        }
    }

    /** Whether an {@code Authorization} header, possibly null, presents the secret. Takes the same time either way. */
    boolean admits(String authorization) {
        boolean formed = authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        String presented = formed ? authorization.substring(SCHEME.length()).strip() : "";
        return isIt(presented) && formed;
    }

    /** Whether this is the secret itself. Takes the same time either way. */
    boolean isIt(String presented) {
        return MessageDigest.isEqual(hash, sha256(presented));
    }

    static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every JDK has it
        }
    }

    @Override
    public String toString() {
        return "Secret[hidden]";
    }
}
