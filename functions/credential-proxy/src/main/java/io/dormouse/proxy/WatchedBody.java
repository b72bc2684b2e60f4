package io.dormouse.proxy;

import io.dormouse.outbound.Refusal;
import io.dormouse.proxy.http.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** A body that was too large to be decided on. A placeholder in it ends it. */
final class WatchedBody extends InputStream {
    private final InputStream in;
    private final Placeholders strays;
    private String tail = "";

    WatchedBody(InputStream in, Placeholders strays) {
        this.in = in;
        this.strays = strays;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = in.read(bytes, offset, length);
        if (count <= 0) return count;
        String text = tail + new String(bytes, offset, count, StandardCharsets.ISO_8859_1);
        Key.Variable stray = strays.in(text);
        if (stray != null)
            throw new Failure(
                    Refusal.CREDENTIAL_NOT_ALLOWED,
                    "credential " + stray.id() + " does not go into a body that is so large");
        tail = text.substring(Math.max(0, text.length() - strays.longest() + 1));
        return count;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
