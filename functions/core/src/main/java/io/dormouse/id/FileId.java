package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** {@code file_…}: a file. */
public record FileId(@JsonValue String text) {
    private static final String PREFIX = "file_";

    @JsonCreator
    public FileId {
        if (!valid(text)) throw new IllegalArgumentException("not a file id");
    }

    /** Empty when the text cannot be a file's id, so that no store is asked for it. */
    public static Optional<FileId> parse(String text) {
        return valid(text) ? Optional.of(new FileId(text)) : Optional.empty();
    }

    /** Of what a session put out: the same path with the same content is the same file, whoever collects it. */
    public static FileId output(SessionId session, String path, String sha256) {
        byte[] digest = Sha256.of((path + "\n" + sha256).getBytes(StandardCharsets.UTF_8));
        ByteBuffer bits = ByteBuffer.wrap(digest);
        return new FileId(outputs(session) + Base58.of128(bits.getLong(), bits.getLong()));
    }

    /** What the ids of all that a session put out begin with, and no other id. */
    public static String outputs(SessionId session) {
        return PREFIX + session.text().substring(5);
    }

    private static boolean valid(String text) {
        return text != null
                && text.startsWith(PREFIX)
                && text.length() <= 64
                && Base58.isText(text.substring(PREFIX.length()));
    }

    @Override
    public String toString() {
        return text;
    }
}
