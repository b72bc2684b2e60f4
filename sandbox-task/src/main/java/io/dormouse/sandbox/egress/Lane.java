package io.dormouse.sandbox.egress;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;

/**
 * One connection that the holder of the hand opened, for one request at a time. Nothing is kept here but the frame at hand:
 * who does not read makes the other side wait, by the flow control of TCP.
 */
final class Lane implements AutoCloseable {
    private static final byte[] NOTHING = {};
    private static final Frame GONE = new Frame(Frame.BROKEN, NOTHING);

    private final Socket socket;
    private final long epoch;
    private final DataOutputStream out;
    private final Object hatch = new Object();
    private Frame arrived;
    private boolean taken;
    private boolean closed;

    Lane(Socket socket, long epoch) throws IOException {
        this.socket = socket;
        this.epoch = epoch;
        this.out =
                new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), Frame.MOST_DATA_BYTES + 1024));
    }

    long epoch() {
        return epoch;
    }

    /** Hands over what arrives, until the connection ends. A frame that nobody asked for ends it. */
    void pump(DataInputStream in) {
        try {
            while (arrived(Frame.read(in))) {
                // one after the other
            }
        } catch (IOException ended) {
            // by either side
        } finally {
            close();
        }
    }

    private boolean arrived(Frame frame) {
        synchronized (hatch) {
            while (arrived != null && !closed) {
                await();
            }
            if (closed || !taken) {
                return false;
            }
            arrived = frame;
            hatch.notifyAll();
            return true;
        }
    }

    /** The next frame of the answer; a broken one when the connection has ended. */
    Frame next() {
        synchronized (hatch) {
            while (arrived == null && !closed) {
                await();
            }
            Frame frame = arrived == null ? GONE : arrived;
            arrived = null;
            hatch.notifyAll();
            return frame;
        }
    }

    private void await() {
        try {
            hatch.wait();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            closed = true;
        }
    }

    /** Begins an exchange. */
    void take() {
        synchronized (hatch) {
            taken = true;
        }
    }

    /** Ends an exchange that ran to its end both ways. False when the lane is of no more use. */
    boolean giveBack() {
        synchronized (hatch) {
            taken = false;
            return !closed && arrived == null;
        }
    }

    synchronized void send(byte kind, byte[] content, int length) throws IOException {
        Frame.write(out, kind, content, length);
    }

    void send(byte kind) throws IOException {
        send(kind, NOTHING, 0);
    }

    @Override
    public void close() {
        synchronized (hatch) {
            closed = true;
            hatch.notifyAll();
        }
        try {
            socket.close();
        } catch (IOException closing) {
            // it is gone either way
        }
    }
}
