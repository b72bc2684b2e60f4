package io.dormouse.proxy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a secret may look like in what comes back: as it is, reversed, in base64 (both alphabets, wherever in a longer text it
 * begins), in hexadecimal, escaped for URLs, JSON and HTML. Other forms, and parts of a secret, nobody looks for.
 */
public final class SecretForms {
    /** What stays as it is in a URL, besides letters and digits: to RFC 3986, forms, JavaScript, and in a path. */
    private static final List<String> UNESCAPED = List.of("-._~", "-._*", "-._~!*'()", "-._~!*'()$&+,;=:@/");

    private SecretForms() {}

    /** Each char is one byte. */
    static Set<String> of(byte[] secret) {
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

    /** The same of a text, as texts. */
    public static Set<String> of(String secret) {
        Set<String> forms = new LinkedHashSet<>();
        for (String form : of(secret.getBytes(StandardCharsets.UTF_8)))
            forms.add(new String(form.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
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
}
