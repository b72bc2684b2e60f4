package io.dormouse.edge;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** How a file is sent: as bytes to be saved, whatever it says that it is, so that no browser runs it in our name. */
final class Download {
    private static final int PIECE_BYTES = 64 * 1024;

    private Download() {}

    static Map<String, String> headers(Answer.File file) {
        return Map.of(
                "content-type",
                "application/octet-stream",
                "content-length",
                Long.toString(file.content().sizeBytes()),
                "content-disposition",
                "attachment; filename*=UTF-8''" + encoded(file.filename()),
                "x-content-type-options",
                "nosniff");
    }

    /** False when the client went away. */
    static boolean send(Answer.File file, StreamedResponse out) throws IOException {
        try (var content = file.content()) {
            byte[] piece = new byte[PIECE_BYTES];
            long left = content.sizeBytes();
            while (left > 0) {
                int count = content.stream().read(piece, 0, (int) Math.min(piece.length, left));
                if (count < 0) throw new IOException("the content is shorter than it was");
                if (!out.bytes(piece, count)) return false;
                left -= count;
            }
            return true;
        }
    }

    /** As RFC 8187 wants it. */
    static String encoded(String name) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain =
                    c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || "-._~".indexOf(c) >= 0;
            if (plain) encoded.append(c);
            else encoded.append('%').append(String.format("%02X", (int) c));
        }
        return encoded.toString();
    }
}
