package io.dormouse.secrets;

import io.dormouse.proxy.Courier;
import io.dormouse.proxy.SecretForms;
import io.dormouse.vault.Validation.Heard;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The body of an answer, as much as is read of it, and what may be shown of that to whoever looks for a fault: without what
 * was sent as a secret, in whatever form it comes back, and without what looks like a token.
 */
record Capture(byte[] bytes, boolean truncated) {
    private static final int MAX_READ = 128 * 1024;
    private static final int MAX_SHOWN = 4096;
    private static final int MAX_TYPE = 128;
    private static final String REDACTED = "[redacted]";
    private static final Pattern TOKENS = Pattern.compile(
            "(?i)(\"?(?:access_token|refresh_token|id_token|client_secret|token|assertion|password)\"?\\s*[:=]\\s*)(\"(?:[^\"\\\\]|\\\\.)*\"?|[^\\s&,}\"]+)");

    /** Null when the answer breaks off. */
    static Capture of(Courier.Reply.Answered answered) {
        try (InputStream body = answered.body()) {
            byte[] bytes = body.readNBytes(MAX_READ + 1);
            boolean more = bytes.length > MAX_READ;
            return new Capture(more ? java.util.Arrays.copyOf(bytes, MAX_READ) : bytes, more);
        } catch (IOException e) {
            return null;
        }
    }

    /** @param sent what was sent, whole or in part */
    Heard heard(Courier.Reply.Answered answered, Material sent) {
        String text = scrubbed(new String(bytes, StandardCharsets.UTF_8), sent);
        boolean cut = text.length() > MAX_SHOWN;
        return new Heard(
                answered.status(),
                scrubbed(type(answered), sent),
                cut ? text.substring(0, MAX_SHOWN) : text,
                cut || truncated);
    }

    /** Nothing of the body. */
    Heard hidden(Courier.Reply.Answered answered) {
        return new Heard(answered.status(), type(answered), "", bytes.length > 0);
    }

    private static String type(Courier.Reply.Answered answered) {
        String type = answered.header("content-type");
        if (type == null) return "";
        return type.length() <= MAX_TYPE ? type : type.substring(0, MAX_TYPE);
    }

    static String scrubbed(String text, Material sent) {
        List<String> forms = new ArrayList<>();
        for (String secret : sent.values()) {
            // What is shorter is no secret, and would be found everywhere.
            if (secret.length() >= 4) forms.addAll(SecretForms.of(secret));
        }
        // The longest first: it may have another one in it.
        forms.sort(Comparator.comparingInt(String::length).reversed());
        String scrubbed = text;
        for (String form : forms) scrubbed = scrubbed.replace(form, REDACTED);
        return TOKENS.matcher(scrubbed).replaceAll("$1\"" + REDACTED + "\"");
    }

    @Override
    public String toString() {
        return "Capture[" + bytes.length + " bytes]";
    }
}
