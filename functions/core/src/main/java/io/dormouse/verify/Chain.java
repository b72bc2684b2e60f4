package io.dormouse.verify;

import io.dormouse.id.Sha256;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The hashes of lines. A line's hash is the SHA-256 of its own bytes up to the comma before {@code "hash"}, its last
 * field; the hash of the line before is among those bytes. So a hash stands for everything before it, and can be checked
 * without knowing what canonical JSON is.
 */
final class Chain {
    private static final byte[] FIELD = ",\"hash\":\"".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END = "\"}".getBytes(StandardCharsets.UTF_8);
    private static final int DIGITS = 64;
    private static final int TAIL = FIELD.length + DIGITS + END.length;

    private Chain() {}

    /** What stands for the entry before the first one: it binds the entries to their thread. */
    static String beginning(ThreadId thread) {
        return Sha256.hex(Line.FORMAT + "\n" + thread.text());
    }

    /** The bytes of a line that has no hash yet, with its hash. */
    static byte[] sealed(Line line) {
        byte[] bare = Json.bytes(line);
        int length = bare.length - 1;
        byte[] whole = Arrays.copyOf(bare, length + TAIL);
        byte[] hash = sha256(bare, length).getBytes(StandardCharsets.UTF_8);
        System.arraycopy(FIELD, 0, whole, length, FIELD.length);
        System.arraycopy(hash, 0, whole, length + FIELD.length, DIGITS);
        System.arraycopy(END, 0, whole, length + FIELD.length + DIGITS, END.length);
        return whole;
    }

    /** The hash that a sealed line has. */
    static String hash(byte[] sealed) {
        int from = sealed.length - END.length - DIGITS;
        return new String(sealed, from, DIGITS, StandardCharsets.UTF_8);
    }

    /** Whether the line has the hash that its bytes give. */
    static boolean holds(byte[] line) {
        int length = line.length - TAIL;
        if (length < 0) return false;
        return Arrays.equals(line, length, length + FIELD.length, FIELD, 0, FIELD.length)
                && Arrays.equals(line, line.length - END.length, line.length, END, 0, END.length)
                && hash(line).equals(sha256(line, length));
    }

    private static String sha256(byte[] bytes, int length) {
        MessageDigest digest = Sha256.digest();
        digest.update(bytes, 0, length);
        return HexFormat.of().formatHex(digest.digest());
    }
}
