package io.dormouse.local.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/**
 * Secrets that are planted, and the search for them wherever they should not be: as they are, reversed, in hexadecimal, in
 * base64 (both alphabets, wherever in a longer text they begin), escaped for URLs or JSON, compressed with gzip, and split
 * over lines, list elements and the chunks of a stream. A part of a secret is found as well, from so many letters on.
 */
final class Canary {
    static final int SHORTEST_PART = 12;

    private static final String PREFIX = "CANARY-";
    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final long FACTOR = 0x9E3779B97F4A7C15L;
    private static final int MOST_INFLATED = 64 << 20;
    private static final int DEEPEST = 3;

    /** What was found. @param form by which way of reading, and as what */
    record Found(String secret, String form, String where, int bytes) {}

    private record Part(String secret, String form, byte[] bytes) {}

    private final SecureRandom random = new SecureRandom();
    private final Map<String, String> planted = new LinkedHashMap<>();
    /** Every part of every form, by its hash; and the same without all that is no letter and no digit. */
    private final Map<Long, Part> parts = new HashMap<>();

    private final Map<Long, Part> squeezed = new HashMap<>();
    /** Whether a hash is worth a look into the maps. */
    private final long[] sieve = new long[1 << 14];

    /** A new secret. What URLs, forms and base64 have their own ways with is in the middle of it. */
    String plant(String name) {
        return plant(name, PREFIX + letters(18) + "+/" + letters(18) + "&=~" + letters(5));
    }

    private String letters(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        return text.toString();
    }

    String plant(String name, String value) {
        planted.put(name, value);
        byte[] whole = value.getBytes(StandardCharsets.UTF_8);
        // The prefix is no secret: commands of tests look for it.
        String core = value.substring(PREFIX.length());
        byte[] bytes = core.getBytes(StandardCharsets.UTF_8);
        add(name, "raw", core);
        add(name, "reversed", new StringBuilder(core).reverse().toString());
        add(name, "hex", HexFormat.of().formatHex(bytes));
        add(name, "HEX", HexFormat.of().withUpperCase().formatHex(bytes));
        for (int shift = 0; shift < 3; shift++) {
            byte[] shifted = new byte[shift + whole.length];
            System.arraycopy(whole, 0, shifted, shift, whole.length);
            // The letters that are made of the secret's bits alone, but for the prefix.
            int from = (8 * (shift + PREFIX.length()) + 5) / 6;
            int to = 8 * shifted.length / 6;
            add(
                    name,
                    "base64+" + shift,
                    Base64.getEncoder().encodeToString(shifted).substring(from, to));
            add(
                    name,
                    "base64url+" + shift,
                    Base64.getUrlEncoder().encodeToString(shifted).substring(from, to));
        }
        return value;
    }

    int count() {
        return planted.size();
    }

    String value(String name) {
        return planted.get(name);
    }

    private void add(String name, String form, String text) {
        add(name, form, text.getBytes(StandardCharsets.UTF_8), parts);
        add(name, form, squeeze(text.getBytes(StandardCharsets.UTF_8)), squeezed);
    }

    private void add(String name, String form, byte[] bytes, Map<Long, Part> to) {
        for (int i = 0; i + SHORTEST_PART <= bytes.length; i++) {
            byte[] part = java.util.Arrays.copyOfRange(bytes, i, i + SHORTEST_PART);
            long hash = 0;
            for (byte b : part) hash = hash * FACTOR + (b & 255);
            to.putIfAbsent(hash, new Part(name, form, part));
            sieve[place(hash)] |= 1L << bit(hash);
        }
    }

    private int place(long hash) {
        return (int) (hash >>> 50);
    }

    private static int bit(long hash) {
        return (int) (hash >>> 44) & 63;
    }

    // ---- the search

    /** @param allowed secrets that may be there */
    List<Found> search(String where, byte[] bytes, Set<String> allowed) {
        List<Found> found = new ArrayList<>();
        search(where, bytes, allowed, found, 0);
        return found;
    }

    List<Found> search(String where, String text) {
        return search(where, text.getBytes(StandardCharsets.UTF_8), Set.of());
    }

    private void search(String where, byte[] bytes, Set<String> allowed, List<Found> found, int depth) {
        ways(where, "", bytes, allowed, found);
        for (int i = 0; i + 2 < bytes.length; i++)
            if (bytes[i] == 0x1F && bytes[i + 1] == (byte) 0x8B && bytes[i + 2] == 8 && depth < DEEPEST)
                search(where + " (gzip at " + i + ")", inflated(bytes, i), allowed, found, depth + 1);
        strings(where, bytes, allowed, found);
    }

    private void ways(String where, String way, byte[] bytes, Set<String> allowed, List<Found> found) {
        roll(where, way, bytes, parts, allowed, found);
        roll(where, way + "squeezed ", squeeze(bytes), squeezed, allowed, found);
        if (!way.isEmpty()) return;
        byte[] json = unescaped(bytes, '\\');
        if (json.length != bytes.length) ways(where, "JSON ", json, allowed, found);
        byte[] url = unescaped(bytes, '%');
        if (url.length != bytes.length) ways(where, "URL ", url, allowed, found);
    }

    private void roll(
            String where, String way, byte[] bytes, Map<Long, Part> of, Set<String> allowed, List<Found> found) {
        long out = 1;
        for (int i = 0; i < SHORTEST_PART; i++) out *= FACTOR;
        long hash = 0;
        for (int i = 0; i < bytes.length; i++) {
            hash = hash * FACTOR + (bytes[i] & 255);
            if (i >= SHORTEST_PART) hash -= out * (bytes[i - SHORTEST_PART] & 255);
            if ((sieve[place(hash)] & 1L << bit(hash)) == 0 || i + 1 < SHORTEST_PART) continue;
            Part part = of.get(hash);
            int from = i + 1 - SHORTEST_PART;
            if (part == null || allowed.contains(part.secret())) continue;
            if (java.util.Arrays.equals(part.bytes(), 0, SHORTEST_PART, bytes, from, i + 1))
                found.add(new Found(part.secret(), way + part.form(), where + " at " + from, SHORTEST_PART));
        }
    }

    /** Letters and digits only: whatever else stands between them is no matter. */
    private static byte[] squeeze(byte[] bytes) {
        byte[] squeezed = new byte[bytes.length];
        int to = 0;
        for (byte b : bytes)
            if (b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z') squeezed[to++] = b;
        return java.util.Arrays.copyOf(squeezed, to);
    }

    /** @param sign a backslash, for the escapes of JSON, or the percent sign */
    private static byte[] unescaped(byte[] bytes, char sign) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            boolean unicode = sign == '\\' && i + 1 < bytes.length && bytes[i + 1] == 'u';
            int from = unicode ? i + 2 : i + 1;
            int value = bytes[i] != sign ? -1 : sign == '\\' && !unicode ? -1 : hex(bytes, from, unicode ? 4 : 2);
            if (value >= 0 && value < 256) {
                out.write(value);
                i = from + (unicode ? 3 : 1);
            } else if (bytes[i] == sign && sign == '\\' && i + 1 < bytes.length) {
                // What it stands for is a line break, a quotation mark and the like: all of them no letters.
                out.write(' ');
                i++;
            } else out.write(bytes[i]);
        }
        return out.toByteArray();
    }

    private static int hex(byte[] bytes, int from, int count) {
        int value = 0;
        for (int i = from; i < from + count; i++) {
            int digit = i < bytes.length ? Character.digit(bytes[i], 16) : -1;
            if (digit < 0) return -1;
            value = value * 16 + digit;
        }
        return value;
    }

    /** As far as it goes. */
    private static byte[] inflated(byte[] bytes, int from) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[8_192];
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes, from, bytes.length - from))) {
            for (int count = in.read(buffer); count >= 0 && out.size() < MOST_INFLATED; count = in.read(buffer))
                out.write(buffer, 0, count);
        } catch (IOException | RuntimeException e) {
            // Two bytes that only look like it, or a stream without its end.
        }
        return out.toByteArray();
    }

    /** The strings of JSON lines and of events, put together by their names: a secret may come in chunks. */
    private void strings(String where, byte[] bytes, Set<String> allowed, List<Found> found) {
        Map<String, StringBuilder> byName = new TreeMap<>();
        for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n")) {
            String json = line.startsWith("data:") ? line.substring(5).strip() : line.strip();
            if (json.isEmpty() || json.charAt(0) != '{' && json.charAt(0) != '[') continue;
            try {
                collect("", Json.parse(json), byName);
            } catch (RuntimeException notJson) {
                // It was searched as it is.
            }
        }
        byName.forEach((name, text) -> {
            byte[] together = text.toString().getBytes(StandardCharsets.UTF_8);
            roll(where + ", all " + name, "chunks ", together, parts, allowed, found);
            roll(where + ", all " + name, "chunks, squeezed ", squeeze(together), squeezed, allowed, found);
        });
    }

    private static void collect(String name, JsonNode node, Map<String, StringBuilder> byName) {
        if (node.isTextual())
            byName.computeIfAbsent(name, n -> new StringBuilder()).append(node.textValue());
        node.properties().forEach(each -> collect(each.getKey(), each.getValue(), byName));
        if (node.isArray()) for (JsonNode each : node) collect(name, each, byName);
    }
}
