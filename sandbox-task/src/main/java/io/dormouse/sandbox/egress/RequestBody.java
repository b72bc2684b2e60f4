package io.dormouse.sandbox.egress;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** The body of one request, and not a byte more: by its length, or in chunks, read as strictly as the head. */
abstract sealed class RequestBody extends InputStream {

    static RequestBody of(RequestHead head, ClientInput in) {
        return head.length() < 0 ? new Chunked(in) : new Counted(in, head.length());
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public abstract int read(byte[] target, int offset, int length) throws IOException;

    private static int some(ClientInput in, byte[] target, int offset, long length) throws IOException {
        int count = in.read(target, offset, (int) Math.min(length, Integer.MAX_VALUE));
        if (count < 0) {
            throw new EOFException("the client went away in the middle of a body");
        }
        return count;
    }

    private static final class Counted extends RequestBody {
        private final ClientInput in;
        private long left;

        Counted(ClientInput in, long length) {
            this.in = in;
            this.left = length;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = some(in, target, offset, Math.min(left, length));
            left -= count;
            return count;
        }
    }

    private static final class Chunked extends RequestBody {
        private static final int LONGEST_LINE_CHARS = 4096;
        private static final int MOST_TRAILERS = 100;

        private final ClientInput in;
        private long left;
        private boolean first = true;
        private boolean ended;

        Chunked(ClientInput in) {
            this.in = in;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0 && !ended) {
                nextChunk();
            }
            if (ended) {
                return -1;
            }
            int count = some(in, target, offset, Math.min(left, length));
            left -= count;
            return count;
        }

        private void nextChunk() throws IOException {
            if (!first && !line().isEmpty()) {
                throw new IOException("a chunk is longer than it says");
            }
            first = false;
            String line = line();
            int semicolon = line.indexOf(';');
            String size = (semicolon < 0 ? line : line.substring(0, semicolon)).stripTrailing();
            if (!size.matches("[0-9a-fA-F]{1,13}")) {
                throw new IOException("the size of a chunk is not a number");
            }
            left = Long.parseLong(size, 16);
            if (left == 0) {
                int trailers = 0;
                while (!line().isEmpty()) {
                    if (++trailers > MOST_TRAILERS) {
                        throw new IOException("too many trailers");
                    }
                }
                ended = true;
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); next != '\r'; next = in.read()) {
                if (next < 0 || next == '\n' || line.length() == LONGEST_LINE_CHARS) {
                    throw new IOException("a line between chunks is malformed");
                }
                line.append((char) next);
            }
            if (in.read() != '\n') {
                throw new IOException("a line between chunks is malformed");
            }
            return line.toString();
        }
    }
}
