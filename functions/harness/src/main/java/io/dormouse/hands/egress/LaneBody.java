package io.dormouse.hands.egress;

import java.io.IOException;
import java.io.InputStream;

/** The body of a request as it comes in, a frame at a time: who brings the next waits until the last is read, or is wanted no more. */
final class LaneBody extends InputStream {
    private byte[] frame;
    private int at;
    private boolean ended;
    private boolean broken;
    private boolean closed;

    /** Waits for its turn. */
    synchronized void put(byte[] next) throws IOException {
        while (frame != null && !closed && !broken) await();
        if (closed || broken || next.length == 0) return;
        frame = next;
        at = 0;
        notifyAll();
    }

    synchronized void end() throws IOException {
        while (frame != null && !closed && !broken) await();
        ended = !broken;
        notifyAll();
    }

    /** It is not whole, and will not be. */
    synchronized void broken() {
        broken = !ended;
        notifyAll();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public synchronized int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) return 0;
        while (frame == null && !ended && !broken && !closed) await();
        if (closed) throw new IOException("the body is closed");
        if (frame == null) {
            if (ended) return -1;
            throw new IOException("the sandbox broke off the request");
        }
        int count = Math.min(length, frame.length - at);
        System.arraycopy(frame, at, target, offset, count);
        at += count;
        if (at == frame.length) {
            frame = null;
            notifyAll();
        }
        return count;
    }

    /** Nobody reads on; what still comes is thrown away. */
    @Override
    public synchronized void close() {
        closed = true;
        frame = null;
        notifyAll();
    }

    private void await() throws IOException {
        try {
            wait();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped", stopped);
        }
    }
}
