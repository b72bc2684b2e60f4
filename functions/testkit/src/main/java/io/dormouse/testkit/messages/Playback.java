package io.dormouse.testkit.messages;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;

/** A response body on its way: what comes between two waits goes out in one write. */
final class Playback {
    private final Connection connection;
    private final int writeBytes;
    private final int cutAtByte;
    private final boolean reset;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream(1_024);
    private int added;

    Playback(Connection connection, int writeBytes, int cutAtByte, boolean reset) {
        this.connection = connection;
        this.writeBytes = writeBytes;
        this.cutAtByte = cutAtByte;
        this.reset = reset;
    }

    /** @return false when the connection has been cut */
    boolean add(byte[] bytes) throws IOException {
        int room = Math.min(bytes.length, cutAtByte - added);
        pending.write(bytes, 0, room);
        added += room;
        if (added < cutAtByte) return true;
        flush();
        if (reset) connection.reset();
        return false;
    }

    void pause(Duration delay) throws IOException, InterruptedException {
        if (delay.isZero()) return;
        flush();
        Thread.sleep(delay);
    }

    void pass(Gate gate) throws IOException, InterruptedException {
        flush();
        gate.pass();
    }

    boolean end() throws IOException {
        flush();
        connection.lastChunk();
        return true;
    }

    private void flush() throws IOException {
        byte[] bytes = pending.toByteArray();
        pending.reset();
        for (int from = 0; from < bytes.length; from += writeBytes) {
            connection.chunk(bytes, from, Math.min(bytes.length, from + Math.min(writeBytes, bytes.length)));
            if (writeBytes >= bytes.length) return;
        }
    }
}
