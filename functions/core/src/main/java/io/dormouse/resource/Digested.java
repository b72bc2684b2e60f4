package io.dormouse.resource;

import io.dormouse.id.Sha256;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/** A stream that counts its bytes and computes their SHA-256 as they are read. */
public final class Digested extends FilterInputStream {
    private final MessageDigest digest = Sha256.digest();
    private long sizeBytes;

    public Digested(InputStream stream) {
        super(stream);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = super.read(bytes, offset, length);
        if (count > 0) {
            digest.update(bytes, offset, count);
            sizeBytes += count;
        }
        return count;
    }

    /** Bytes are never passed over unread. */
    @Override
    public long skip(long count) {
        return 0;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** What was read, once the stream has come to its end. */
    public Contents.Stored stored() {
        return new Contents.Stored(HexFormat.of().formatHex(digest.digest()), sizeBytes);
    }
}
