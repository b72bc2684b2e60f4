package io.dormouse.proxy;

import java.io.IOException;
import java.io.InputStream;

/** A host's answer without the secrets that it shows. Holds back only what may be the beginning of one. */
final class RedactedStream extends InputStream {
    private static final int CHUNK = 16_384;

    private final InputStream in;
    private final Echoes.Search search;
    private final byte[] buffer;
    private int start;
    private int safe;
    private int end;
    private boolean over;

    RedactedStream(InputStream in, Echoes echoes) {
        this.in = in;
        this.search = echoes.new Search();
        this.buffer = new byte[CHUNK + echoes.longest()];
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) return 0;
        while (start == safe && !over) fill();
        if (start == safe) return -1;
        int count = Math.min(length, safe - start);
        System.arraycopy(buffer, start, bytes, offset, count);
        start += count;
        return count;
    }

    private void fill() throws IOException {
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        safe -= start;
        start = 0;
        int count = in.read(buffer, end, Math.min(CHUNK, buffer.length - end));
        if (count < 0) {
            over = true;
            safe = end;
            return;
        }
        search.overwrite(buffer, end, end + count);
        end += count;
        safe = end - search.pending();
    }

    @Override
    public int available() {
        return safe - start;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
