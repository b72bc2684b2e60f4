package io.dormouse.outbound.relay;

import com.fasterxml.jackson.core.type.TypeReference;
import io.dormouse.json.Json;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A piece of an answer: a letter, four bytes of length, and so many bytes. An answer that does not end with {@link Kind#END},
 * {@link Kind#REFUSED}, {@link Kind#RESULT}, {@link Kind#BROKE} or {@link Kind#FAILED} was cut off.
 */
public record Frame(Kind kind, byte[] bytes) {
    /** No honest one is larger. */
    private static final int MOST_BYTES = 1 << 20;

    private static final byte[] NONE = {};

    public enum Kind {
        /** Credentials are about to leave: their uses, so far as they are known, as JSON. */
        LEAVING('L'),
        /** A use, whole, as JSON: of one that was leaving. */
        USED('U'),
        /** The head of the answer: {@link Head} as JSON. */
        ANSWERED('A'),
        /** {@link io.dormouse.outbound.Outbound.Response.Refused} as JSON. */
        REFUSED('R'),
        /** Of the body. */
        BYTES('B'),
        /** The next part of the body lies elsewhere: {@link Piece} as JSON. */
        PIECE('P'),
        /** The body is whole. */
        END('E'),
        /** The body breaks off; why, in plain text. */
        BROKE('X'),
        /** Of an errand that is no request: JSON. */
        RESULT('J'),
        /** The proxy could not do the errand; why, in plain text. */
        FAILED('F');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        private static Kind of(int letter) throws IOException {
            for (Kind kind : values()) if (kind.letter == letter) return kind;
            throw new IOException("not a frame: " + letter);
        }
    }

    public static Frame of(Kind kind) {
        return new Frame(kind, NONE);
    }

    public static Frame json(Kind kind, Object value) {
        return new Frame(kind, Json.bytes(value));
    }

    public static Frame text(Kind kind, String text) {
        return new Frame(kind, text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    public <T> T as(Class<T> type) {
        return Json.read(bytes, type);
    }

    public <T> T as(TypeReference<T> type) {
        try {
            return Json.MAPPER.readValue(bytes, type);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public String text() {
        return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    }

    /** In one piece, and flushed: whoever waits for it shall have it. */
    public void write(OutputStream out) throws IOException {
        ByteBuffer whole = ByteBuffer.allocate(5 + bytes.length);
        whole.put((byte) kind.letter).putInt(bytes.length).put(bytes);
        out.write(whole.array());
        out.flush();
    }

    /** Empty at the end of the stream. */
    public static Optional<Frame> read(InputStream in) throws IOException {
        int letter = in.read();
        if (letter < 0) return Optional.empty();
        Kind kind = Kind.of(letter);
        int length = new DataInputStream(in).readInt();
        if (length < 0 || length > MOST_BYTES) throw new IOException("not a frame: of " + length + " bytes");
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) throw new EOFException("a frame breaks off");
        return Optional.of(new Frame(kind, bytes));
    }
}
