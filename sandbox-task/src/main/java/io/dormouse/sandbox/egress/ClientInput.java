package io.dormouse.sandbox.egress;

import java.io.IOException;
import java.io.InputStream;

/** A client's bytes, buffered, which can also be waited for without taking any. Safe for several threads. */
final class ClientInput extends InputStream {
    private final InputStream in;
    private final byte[] buffer = new byte[16 * 1024];
    private int at;
    private int end;

    ClientInput(InputStream in) {
        this.in = in;
    }

    /** Waits until there is something to read, and says whether there is: false at the end. */
    synchronized boolean awaitMore() throws IOException {
        if (at == end) {
            int count = in.read(buffer, 0, buffer.length);
            at = 0;
            end = Math.max(0, count);
        }
        return end > at;
    }

    /** The next byte, left where it is, or -1. */
    synchronized int peek() throws IOException {
        return awaitMore() ? buffer[at] & 0xFF : -1;
    }

    @Override
    public synchronized int read() throws IOException {
        return awaitMore() ? buffer[at++] & 0xFF : -1;
    }

    @Override
    public synchronized int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!awaitMore()) {
            return -1;
        }
        int count = Math.min(length, end - at);
        System.arraycopy(buffer, at, target, offset, count);
        at += count;
        return count;
    }
}
