package io.dormouse.sandbox.exchange;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Several streams of unknown length in one: blocks, each after its length in four bytes; a length of 0 ends a stream. */
final class Segments {
    private static final int BLOCK_BYTES = 64 * 1024;

    private Segments() {}

    static void write(InputStream from, DataOutputStream to) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        for (int count = from.read(block); count >= 0; count = from.read(block)) {
            if (count > 0) {
                to.writeInt(count);
                to.write(block, 0, count);
            }
        }
        to.writeInt(0);
    }

    /**
     * To the end of the next stream. When {@code to} takes no more, the rest is read all the same.
     *
     * @throws EOFException when it breaks off, or never was one
     */
    static void read(DataInputStream from, OutputStream to) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        boolean takes = true;
        for (int length = from.readInt(); length != 0; length = from.readInt()) {
            if (length < 0 || length > BLOCK_BYTES) {
                throw new EOFException("this is no block");
            }
            from.readFully(block, 0, length);
            try {
                if (takes) {
                    to.write(block, 0, length);
                }
            } catch (IOException closed) {
                takes = false;
            }
        }
    }
}
