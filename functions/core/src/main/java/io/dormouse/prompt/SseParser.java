package io.dormouse.prompt;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Server-sent events out of bytes, as they come: the WHATWG format with CR, LF and CRLF, comments, data of several lines and a
 * byte order mark. Works on bytes, so a character cut in two by the network needs no care, and nothing is decoded
 * that nobody reads. Not for several threads.
 */
public final class SseParser {
    private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};
    private static final byte[] ID = {'i', 'd'};
    private static final byte[] RETRY = {'r', 'e', 't', 'r', 'y'};
    private static final byte[] DATA = {'d', 'a', 't', 'a'};
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

    /** Takes whole events. */
    @FunctionalInterface
    public interface Sink {
        /**
         * @param name the event's name, {@code message} where it has none
         * @param buffer holds the data as UTF-8 in {@code [from, to)}, valid during this call only
         */
        void event(String name, byte[] buffer, int from, int to);
    }

    private final int maxEventBytes;
    private final Sink sink;

    /** The beginning of a line whose end has not come yet. */
    private byte[] line = new byte[256];

    private int lineLength;

    /** The data lines of the event so far, each with a line feed after it. */
    private byte[] data = new byte[1024];

    private int dataLength;
    private String name = "message";
    private String lastName = "message";
    private String lastId;
    private long retryMillis = -1;
    private boolean firstLine = true;
    private boolean afterCarriageReturn;
    private boolean tooLong;

    /** @param maxEventBytes the longest line and the longest data that are taken */
    public SseParser(int maxEventBytes, Sink sink) {
        this.maxEventBytes = maxEventBytes;
        this.sink = sink;
    }

    /** @return false when an event is too long: this and everything after it is lost */
    public boolean feed(byte[] bytes, int from, int to) {
        int start = from;
        for (int i = from; i < to && !tooLong; i++) {
            byte b = bytes[i];
            if (b == '\n' && afterCarriageReturn) {
                afterCarriageReturn = false;
                start = i + 1;
            } else if (b == '\n' || b == '\r') {
                afterCarriageReturn = b == '\r';
                endLine(bytes, start, i);
                start = i + 1;
            } else {
                afterCarriageReturn = false;
            }
        }
        if (start < to && !tooLong) keep(bytes, start, to);
        return !tooLong;
    }

    private void keep(byte[] bytes, int from, int to) {
        int more = to - from;
        if (more > maxEventBytes - lineLength) {
            tooLong = true;
            return;
        }
        line = roomFor(line, lineLength, more);
        System.arraycopy(bytes, from, line, lineLength, more);
        lineLength += more;
    }

    private void endLine(byte[] bytes, int from, int to) {
        if (lineLength == 0) {
            line(bytes, from, to);
            return;
        }
        keep(bytes, from, to);
        int length = lineLength;
        lineLength = 0;
        if (!tooLong) line(line, 0, length);
    }

    private void line(byte[] bytes, int lineFrom, int to) {
        int from = lineFrom;
        if (firstLine) {
            firstLine = false;
            if (Arrays.equals(bytes, from, Math.min(from + 3, to), BYTE_ORDER_MARK, 0, 3)) from += 3;
        }
        if (from == to) {
            dispatch();
            return;
        }
        int colon = from;
        while (colon < to && bytes[colon] != ':') colon++;
        int value = Math.min(colon + 1, to);
        if (value < to && bytes[value] == ' ') value++;
        // A comment has an empty field name.
        if (Arrays.equals(bytes, from, colon, DATA, 0, DATA.length)) {
            addData(bytes, value, to);
        } else if (Arrays.equals(bytes, from, colon, EVENT, 0, EVENT.length)) {
            name = nameOf(bytes, value, to);
        } else if (Arrays.equals(bytes, from, colon, ID, 0, ID.length)) {
            lastId = new String(bytes, value, to - value, StandardCharsets.UTF_8);
        } else if (Arrays.equals(bytes, from, colon, RETRY, 0, RETRY.length)) {
            retry(bytes, value, to);
        }
    }

    private void retry(byte[] bytes, int from, int to) {
        if (from == to || to - from > 9) return;
        long millis = 0;
        for (int i = from; i < to; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') return;
            millis = 10 * millis + bytes[i] - '0';
        }
        retryMillis = millis;
    }

    /** Where a client that connects again says that it was; null when no event had an id. */
    public String lastId() {
        return lastId;
    }

    /** How long the server wants such a client to wait; -1 when it did not say. */
    public long retryMillis() {
        return retryMillis;
    }

    private void addData(byte[] bytes, int from, int to) {
        int more = to - from + 1;
        if (more > maxEventBytes - dataLength) {
            tooLong = true;
            return;
        }
        data = roomFor(data, dataLength, more);
        System.arraycopy(bytes, from, data, dataLength, more - 1);
        dataLength += more;
        data[dataLength - 1] = '\n';
    }

    /** Most events of a stream have the name of the one before. */
    private String nameOf(byte[] bytes, int from, int to) {
        if (from == to) return "message";
        boolean same = to - from == lastName.length();
        for (int i = 0; same && i < to - from; i++) same = bytes[from + i] == lastName.charAt(i);
        if (!same) lastName = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        return lastName;
    }

    private void dispatch() {
        String told = name;
        int length = dataLength;
        name = "message";
        dataLength = 0;
        if (length > 0) sink.event(told, data, 0, length - 1);
    }

    private static byte[] roomFor(byte[] array, int used, int more) {
        if (array.length - used >= more) return array;
        return Arrays.copyOf(array, Math.max(used + more, (int) Math.min(2L * array.length, Integer.MAX_VALUE - 16)));
    }
}
