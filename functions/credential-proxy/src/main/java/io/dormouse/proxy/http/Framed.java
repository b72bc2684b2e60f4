package io.dormouse.proxy.http;

import java.io.IOException;
import java.io.InputStream;

/** The body of an answer without its framing. Ends where the body ends, and not where it breaks off: that is a {@link Failure}. */
final class Framed extends InputStream {
    private final InputStream in;
    private final boolean chunked;
    private final boolean untilClosed;
    private long left;
    private boolean begun;
    private boolean over;

    /** @param length as {@link AnswerHead} has it */
    Framed(InputStream in, long length) {
        this.in = in;
        this.chunked = length == AnswerHead.CHUNKED;
        this.untilClosed = length == AnswerHead.UNTIL_CLOSED;
        this.left = Math.max(length, 0);
        this.over = length == 0;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) return 0;
        if (chunked && left == 0 && !over) nextChunk();
        if (over) return -1;
        int count = in.read(bytes, offset, untilClosed ? length : (int) Math.min(length, left));
        if (count < 0) {
            if (!untilClosed) throw AnswerHead.invalid("breaks off");
            over = true;
            return -1;
        }
        if (untilClosed) return count;
        left -= count;
        if (left == 0 && !chunked) over = true;
        return count;
    }

    private void nextChunk() throws IOException {
        if (begun && !AnswerHead.line(in, 2).isEmpty()) throw AnswerHead.invalid("has a chunk that does not end");
        begun = true;
        left = size(AnswerHead.line(in, 1024));
        if (left > 0) return;
        // Trailers are read away: nobody asked for them.
        for (int i = 0; !AnswerHead.line(in, 8192).isEmpty(); i++)
            if (i == 50) throw AnswerHead.invalid("has too many trailers");
        over = true;
    }

    private static long size(String line) throws Failure {
        int end = line.indexOf(';');
        String digits = end < 0 ? line : line.substring(0, end).stripTrailing();
        if (digits.isEmpty() || digits.length() > 15) throw AnswerHead.invalid("has a chunk without a size");
        long size = 0;
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) throw AnswerHead.invalid("has a chunk without a size");
            size = size * 16 + digit;
        }
        return size;
    }
}
