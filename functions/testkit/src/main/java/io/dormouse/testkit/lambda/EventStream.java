package io.dormouse.testkit.lambda;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** Messages of {@code application/vnd.amazon.eventstream}, by its published format. */
final class EventStream {
    private static final int STRING = 7;

    private final OutputStream out;

    EventStream(OutputStream out) {
        this.out = out;
    }

    /** Flushed: whoever waits for it has it. */
    void event(String type, byte[] payload, int length) throws IOException {
        byte[] headers = headers(":message-type", "event", ":event-type", type);
        ByteBuffer message = ByteBuffer.allocate(16 + headers.length + length);
        message.putInt(message.capacity()).putInt(headers.length);
        message.putInt(crc(message.array(), message.position()));
        message.put(headers).put(payload, 0, length);
        message.putInt(crc(message.array(), message.position()));
        out.write(message.array());
        out.flush();
    }

    private static byte[] headers(String... namesAndValues) {
        ByteBuffer headers = ByteBuffer.allocate(256);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            byte[] name = namesAndValues[i].getBytes(StandardCharsets.UTF_8);
            byte[] value = namesAndValues[i + 1].getBytes(StandardCharsets.UTF_8);
            headers.put((byte) name.length).put(name);
            headers.put((byte) STRING).putShort((short) value.length).put(value);
        }
        byte[] bytes = new byte[headers.flip().remaining()];
        headers.get(bytes);
        return bytes;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
