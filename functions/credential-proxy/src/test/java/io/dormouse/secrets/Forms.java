package io.dormouse.secrets;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** The forms in which a secret could show itself. */
final class Forms {
    private Forms() {}

    static Set<String> of(String secret) {
        byte[] raw = secret.getBytes(StandardCharsets.UTF_8);
        // Inside of a longer text, base64 has one of three forms, of which the ends depend on what is beside.
        List<String> shifted = List.of(
                Base64.getEncoder().encodeToString(raw),
                Base64.getEncoder()
                        .encodeToString((" " + secret).getBytes(StandardCharsets.UTF_8))
                        .substring(4),
                Base64.getEncoder()
                        .encodeToString(("  " + secret).getBytes(StandardCharsets.UTF_8))
                        .substring(4));
        Set<String> forms = new java.util.HashSet<>();
        for (String text : shifted) forms.add(text.substring(0, text.length() - 4));
        forms.add(secret);
        forms.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
        forms.add(new StringBuilder(secret).reverse().toString());
        forms.add(HexFormat.of().formatHex(raw));
        forms.add(HexFormat.of().withUpperCase().formatHex(raw));
        return forms;
    }
}
