package io.dormouse.proxy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds secrets in what a host sends back, in each of their {@link SecretForms}, and overwrites them with stars of the same
 * length. An automaton that looks at each byte once (Aho and Corasick), so that it does not matter how the bytes are cut.
 */
final class Echoes {
    private static final byte STAR = '*';
    // The states of the automaton: a tree of all forms, as child and sibling; 0 is its root.
    private int states = 1;
    private byte[] letter = new byte[64];
    private int[] child = new int[64];
    private int[] sibling = new int[64];
    private int[] fallback = new int[64];
    private int[] depth = new int[64];
    /** Length of the longest form that ends in a state; 0 for none. */
    private int[] found = new int[64];

    private final int[] first = new int[256];
    /** One bit for each two bytes with which a form begins: most bytes of most answers are passed over by it. */
    private final long[] beginnings = new long[1 << 10];

    private int longest;

    Echoes(List<Secret> secrets) {
        Set<String> forms = new LinkedHashSet<>();
        for (Secret secret : secrets) forms.addAll(SecretForms.of(secret.bytes()));
        for (String form : forms) add(form.getBytes(StandardCharsets.ISO_8859_1));
        link();
    }

    private void add(byte[] form) {
        int pair = pair(form[0], form[1]);
        beginnings[pair >> 6] |= 1L << pair;
        int state = 0;
        for (byte b : form) {
            int next = next(state, b);
            if (next == 0) {
                next = states++;
                if (next == letter.length) grow();
                letter[next] = b;
                depth[next] = depth[state] + 1;
                sibling[next] = child[state];
                child[state] = next;
                if (state == 0) first[b & 255] = next;
            }
            state = next;
        }
        found[state] = form.length;
        longest = Math.max(longest, form.length);
    }

    private static int pair(byte a, byte b) {
        return (a & 255) << 8 | b & 255;
    }

    private void grow() {
        int size = 2 * letter.length;
        letter = Arrays.copyOf(letter, size);
        child = Arrays.copyOf(child, size);
        sibling = Arrays.copyOf(sibling, size);
        fallback = Arrays.copyOf(fallback, size);
        depth = Arrays.copyOf(depth, size);
        found = Arrays.copyOf(found, size);
    }

    /** The child of a state by this letter; 0 for none. */
    private int next(int state, byte b) {
        if (state == 0) return first[b & 255];
        int next = child[state];
        while (next != 0 && letter[next] != b) next = sibling[next];
        return next;
    }

    private void link() {
        Deque<Integer> open = new ArrayDeque<>();
        for (int next : first) if (next != 0) open.add(next);
        while (!open.isEmpty()) {
            int state = open.remove();
            for (int next = child[state]; next != 0; next = sibling[next]) {
                fallback[next] = step(fallback[state], letter[next]);
                found[next] = Math.max(found[next], found[fallback[next]]);
                open.add(next);
            }
        }
    }

    private int step(int from, byte b) {
        int state = from;
        while (true) {
            int next = next(state, b);
            if (next != 0 || state == 0) return next;
            state = fallback[state];
        }
    }

    int longest() {
        return longest;
    }

    /** Each char is one byte. */
    String overwritten(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        new Search().overwrite(bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** One pass over one stream of bytes. */
    final class Search {
        private int state;

        /**
         * Looks at the bytes that follow those of the last call, and overwrites what ends in them. What begins before them
         * must still stand in front of them: {@link #pending} said how much that may be.
         */
        void overwrite(byte[] bytes, int from, int to) {
            int at = state;
            for (int i = from; i < to; i++) {
                byte b = bytes[i];
                if (at == 0 && i + 1 < to) {
                    int pair = pair(b, bytes[i + 1]);
                    if ((beginnings[pair >> 6] >> pair & 1) == 0) continue;
                }
                at = at == 0 ? first[b & 255] : step(at, b);
                if (found[at] > 0) Arrays.fill(bytes, i + 1 - found[at], i + 1, STAR);
            }
            state = at;
        }

        /** So many of the last bytes may be the beginning of an echo. */
        int pending() {
            return depth[state];
        }
    }
}
