package io.dormouse.proxy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds secrets in what a host sends back, and overwrites them with stars of the same length: as they are, reversed, in
 * base64 (both alphabets, wherever in a longer text they begin), in hexadecimal, escaped for URLs, JSON and HTML. An automaton
 * that looks at each byte once (Aho and Corasick), so that it does not matter how the bytes are cut. Other forms, and parts of
 * a secret, it does not find.
 */
final class Echoes {
    private static final byte STAR = '*';
    /** What stays as it is in a URL, besides letters and digits: to RFC 3986, forms, JavaScript, and in a path. */
    private static final List<String> UNESCAPED = List.of("-._~", "-._*", "-._~!*'()", "-._~!*'()$&+,;=:@/");

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
        for (Secret secret : secrets) forms.addAll(forms(secret.bytes()));
        for (String form : forms) add(form.getBytes(StandardCharsets.ISO_8859_1));
        link();
    }

    /** Each char is one byte. */
    static Set<String> forms(byte[] secret) {
        String text = new String(secret, StandardCharsets.ISO_8859_1);
        Set<String> forms = new LinkedHashSet<>();
        forms.add(text);
        forms.add(new StringBuilder(text).reverse().toString());
        for (int shift = 0; shift < 3; shift++) {
            byte[] shifted = new byte[shift + secret.length];
            System.arraycopy(secret, 0, shifted, shift, secret.length);
            // The letters that are made of the secret's bits alone.
            int from = (8 * shift + 5) / 6;
            int to = 8 * shifted.length / 6;
            forms.add(Base64.getEncoder().encodeToString(shifted).substring(from, to));
            forms.add(Base64.getUrlEncoder().encodeToString(shifted).substring(from, to));
        }
        forms.add(HexFormat.of().formatHex(secret));
        forms.add(HexFormat.of().withUpperCase().formatHex(secret));
        for (HexFormat hex : List.of(HexFormat.of(), HexFormat.of().withUpperCase())) {
            for (String unescaped : UNESCAPED) {
                forms.add(escaped(text, hex, unescaped, "%20"));
                forms.add(escaped(text, hex, unescaped, "+"));
            }
        }
        forms.add(text.replace("\\", "\\\\").replace("\"", "\\\""));
        forms.add(text.replace("\\", "\\\\").replace("\"", "\\\"").replace("/", "\\/"));
        forms.add(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
        forms.add(text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;"));
        return forms;
    }

    private static String escaped(String text, HexFormat hex, String unescaped, String space) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (plain || unescaped.indexOf(c) >= 0) escaped.append(c);
            else if (c == ' ') escaped.append(space);
            else escaped.append('%').append(hex.toHexDigits((byte) c));
        }
        return escaped.toString();
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
