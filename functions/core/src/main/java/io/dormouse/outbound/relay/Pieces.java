package io.dormouse.outbound.relay;

import io.dormouse.resource.Contents;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Pieces as one stream, which erases each when it has been read, and the rest when it is closed. */
public final class Pieces extends InputStream {
    private final Contents contents;
    private final Deque<Piece> left;
    private Piece current;
    private InputStream open = InputStream.nullInputStream();

    public Pieces(Contents contents, List<Piece> pieces) {
        this.contents = contents;
        this.left = new ArrayDeque<>(pieces);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        while (true) {
            int count = open.read(buffer, offset, length);
            if (count >= 0) return count;
            erase();
            current = left.poll();
            if (current == null) return -1;
            String name = current.name();
            open = contents.open(name).orElseThrow(() -> new IOException("a piece of the body is missing")).stream();
        }
    }

    private void erase() throws IOException {
        open.close();
        open = InputStream.nullInputStream();
        if (current != null) contents.delete(current.name());
        current = null;
    }

    @Override
    public void close() throws IOException {
        erase();
        for (Piece piece : left) contents.delete(piece.name());
        left.clear();
    }
}
