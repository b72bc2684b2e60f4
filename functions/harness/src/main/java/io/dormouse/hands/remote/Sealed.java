package io.dormouse.hands.remote;

import io.dormouse.id.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Arrays;

/** A stream whose last 32 bytes are the SHA-256 of those before, and not a part of it. Without them it has no end. */
final class Sealed extends InputStream {
    private static final int SEAL_BYTES = 32;

    private final InputStream in;
    private final MessageDigest digest = Sha256.digest();
    /** The last bytes that were read: until more come they may be the seal. */
    private final byte[] last = new byte[SEAL_BYTES];

    private int held;
    private boolean whole;

    Sealed(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (whole) return -1;
        if (length == 0) return 0;
        byte[] fresh = new byte[Math.min(length, 64 * 1024)];
        while (true) {
            int count = in.read(fresh);
            if (count < 0) return end();
            // What came first goes out first: of all that is held and fresh, all but the last 32 bytes.
            int out = Math.max(0, held + count - SEAL_BYTES);
            byte[] all = Arrays.copyOf(last, held + count);
            System.arraycopy(fresh, 0, all, held, count);
            held = all.length - out;
            System.arraycopy(all, out, last, 0, held);
            if (out == 0) continue;
            System.arraycopy(all, 0, bytes, offset, out);
            digest.update(all, 0, out);
            return out;
        }
    }

    private int end() throws IOException {
        if (held < SEAL_BYTES || !MessageDigest.isEqual(digest.digest(), last)) throw new EOFException("it breaks off");
        whole = true;
        return -1;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
