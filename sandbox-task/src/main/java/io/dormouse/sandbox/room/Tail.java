package io.dormouse.sandbox.room;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/**
 * The last {@link #CAPACITY_BYTES} bytes of a stream and how many there were, in constant memory. Can be told to watch
 * for a token that ends one command's output: what follows it belongs to the next. Safe for several threads.
 */
final class Tail {
    /** The end of an output: its text, invalid UTF-8 replaced, the bytes that this was, and how many there were in all. */
    record Output(String text, long keptBytes, long totalBytes) {}

    static final int CAPACITY_BYTES = 100 * 1024;

    private final byte[] kept = new byte[2 * CAPACITY_BYTES];
    private int length;
    private long total;
    private byte[] token = new byte[0];
    private CompletableFuture<Output> whole = new CompletableFuture<>();

    /** From now on watches for {@code end}; the answer completes with the text before it, once it is seen. */
    synchronized CompletableFuture<Output> until(String end) {
        token = end.getBytes(StandardCharsets.US_ASCII);
        whole = new CompletableFuture<>();
        return whole;
    }

    /** Adds bytes as they came. */
    synchronized void append(byte[] bytes, int count) {
        int at = 0;
        while (at < count) {
            if (length == kept.length) {
                forgetOldest();
            }
            int part = Math.min(count - at, kept.length - length);
            System.arraycopy(bytes, at, kept, length, part);
            length += part;
            total += part;
            at += part;
            watch(part);
        }
    }

    /** Takes what is there, leaving nothing, and stops watching. */
    synchronized Output take() {
        token = new byte[0];
        Output text = text(length);
        length = 0;
        total = 0;
        return text;
    }

    private void forgetOldest() {
        System.arraycopy(kept, length - CAPACITY_BYTES, kept, 0, CAPACITY_BYTES);
        length = CAPACITY_BYTES;
    }

    private void watch(int added) {
        if (token.length == 0 || whole.isDone()) {
            return;
        }
        int found = find(Math.max(0, length - added - token.length + 1));
        if (found < 0) {
            return;
        }
        int after = length - found - token.length;
        total -= token.length + after;
        Output text = text(found);
        System.arraycopy(kept, found + token.length, kept, 0, after);
        length = after;
        total = after;
        token = new byte[0];
        whole.complete(text);
    }

    private int find(int from) {
        for (int i = from; i <= length - token.length; i++) {
            int same = 0;
            while (same < token.length && kept[i + same] == token[same]) {
                same++;
            }
            if (same == token.length) {
                return i;
            }
        }
        return -1;
    }

    private Output text(int end) {
        int start = Math.max(0, end - CAPACITY_BYTES);
        while (total > end - start && start < end && (kept[start] & 0xC0) == 0x80) {
            start++; // the rest of a character whose beginning is gone
        }
        return new Output(new String(kept, start, end - start, StandardCharsets.UTF_8), end - start, total);
    }
}
