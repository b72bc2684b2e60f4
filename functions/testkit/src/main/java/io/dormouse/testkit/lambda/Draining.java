package io.dormouse.testkit.lambda;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;

/** A body that one thread holds open while another reads it, to its end or until it wants no more. */
final class Draining extends FilterInputStream {
    private final CountDownLatch end = new CountDownLatch(1);

    Draining(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        return ended(() -> super.read());
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        return ended(() -> super.read(into, offset, length));
    }

    private interface Read {
        int some() throws IOException;
    }

    private int ended(Read read) throws IOException {
        try {
            int some = read.some();
            if (some < 0) end.countDown();
            return some;
        } catch (IOException e) {
            end.countDown();
            throw e;
        }
    }

    /** Who reads it wants no more of it. */
    @Override
    public void close() {
        end.countDown();
    }

    void awaitEnd() throws InterruptedException {
        end.await();
    }

    /** The rest, to its end. */
    void drain() throws IOException {
        in.transferTo(OutputStream.nullOutputStream());
    }
}
