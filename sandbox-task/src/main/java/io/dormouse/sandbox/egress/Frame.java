package io.dormouse.sandbox.egress;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * What travels on a lane: a kind, a length in four bytes, and so many bytes. A request is {@code REQUEST DATA* END} one way
 * and {@code ANSWER DATA* END}, or {@code REFUSED} alone, the other; either side may say {@code BROKEN} instead of an end.
 */
record Frame(byte kind, byte[] content) {
    /** JSON {@code {method, url, headers: [[name, value]], length}}. */
    static final byte REQUEST = 'Q';

    /** JSON {@code {status, headers: [[name, value]]}}. */
    static final byte ANSWER = 'A';

    /** JSON {@code {status, reason, message}}: it was not sent, or not answered. */
    static final byte REFUSED = 'X';

    static final byte DATA = 'D';
    static final byte END = 'E';

    /** The body ends here, and it is not whole. */
    static final byte BROKEN = 'B';

    static final int MOST_DATA_BYTES = 64 * 1024;
    private static final int LONGEST_BYTES = 512 * 1024;

    static Frame read(DataInputStream in) throws IOException {
        byte kind = in.readByte();
        int length = in.readInt();
        if (length < 0 || length > (kind == DATA ? MOST_DATA_BYTES : LONGEST_BYTES)) {
            throw new IOException("a frame of " + length + " bytes");
        }
        return new Frame(kind, in.readNBytes(length));
    }

    static void write(DataOutputStream out, byte kind, byte[] content, int length) throws IOException {
        out.writeByte(kind);
        out.writeInt(length);
        out.write(content, 0, length);
        out.flush();
    }
}
