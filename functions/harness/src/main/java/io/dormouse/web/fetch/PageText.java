package io.dormouse.web.fetch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.session.Tokens;
import io.dormouse.session.ToolResult;
import io.dormouse.web.Web.Answer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import org.jsoup.Jsoup;

/** What was fetched, as a model may be sent it. */
record PageText(int maxTokens) {
    /** @param moved null, or where it was found in the end @param maxBytes more of a text are not read; one more tells so */
    Answer of(String contentType, byte[] bytes, int maxBytes, HttpUrl moved, HttpUrl base) throws IOException {
        String type = contentType == null ? "" : contentType.toLowerCase(Locale.ROOT);
        String media = type.split(";", 2)[0].strip();
        boolean cut = bytes.length > maxBytes;
        if (media.equals("application/pdf"))
            return cut ? tooLong(bytes.length - 1 + " bytes or more") : document(bytes);
        byte[] kept = cut ? Arrays.copyOf(bytes, maxBytes) : bytes;
        if (media.equals("text/html") || media.equals("application/xhtml+xml")) {
            // Without a charset in the header the page itself may name one.
            Charset charset = charset(type, null);
            String name = charset == null ? null : charset.name();
            return text(Html.text(Jsoup.parse(new ByteArrayInputStream(kept), name, base.toString())), cut, moved);
        }
        if (media.isEmpty() || isText(media))
            return text(new String(kept, charset(type, StandardCharsets.UTF_8)), cut, moved);
        return new Answer.Failed("This is not text: its type is " + printable(media)
                + ". It can be downloaded in the sandbox, if the sandbox may reach it.");
    }

    private static boolean isText(String media) {
        return media.startsWith("text/")
                || media.endsWith("+json")
                || media.endsWith("+xml")
                || media.equals("application/json")
                || media.equals("application/xml")
                || media.equals("application/javascript")
                || media.equals("application/x-ndjson")
                || media.equals("application/yaml");
    }

    private static String printable(String media) {
        return media.substring(0, Math.min(100, media.length())).replaceAll("[^!-~]", "?");
    }

    private static Charset charset(String type, Charset absent) {
        int at = type.indexOf("charset=");
        if (at < 0) return absent;
        String name =
                type.substring(at + 8).split("[;,]", 2)[0].replace("\"", "").strip();
        try {
            return Charset.forName(name);
        } catch (IllegalArgumentException e) {
            return absent;
        }
    }

    private static Answer tooLong(String size) {
        return new Answer.Failed("This PDF document is too long to be read here: " + size
                + ". It can be downloaded and searched in the sandbox, if the sandbox may reach it.");
    }

    private Answer document(byte[] bytes) {
        ObjectNode document = Json.object().put("type", "document");
        document.putObject("source")
                .put("type", "base64")
                .put("media_type", "application/pdf")
                .put("data", Base64.getEncoder().encodeToString(bytes));
        JsonNode content = Json.array().add(document);
        return Tokens.of(content) > maxTokens ? tooLong(bytes.length + " bytes") : new Answer.Page(content);
    }

    private Answer text(String text, boolean cut, HttpUrl moved) {
        // A log and a model take no half of a pair and no NUL.
        String whole = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', ' ');
        String kept = shortened(whole);
        StringBuilder told = new StringBuilder();
        if (moved != null) told.append("[redirected to ").append(moved).append("]\n\n");
        told.append(kept);
        if (kept.length() < whole.length())
            told.append("\n\n[cut here: ")
                    .append(whole.length() - kept.length())
                    .append(" more characters, for no more than ")
                    .append(maxTokens)
                    .append(" tokens are shown]");
        else if (cut) told.append("\n\n[cut here: the page is larger than what is read of one]");
        if (told.toString().isBlank()) told.append("(The page has no text.)");
        return new Answer.Page(ToolResult.text(told.toString()));
    }

    private String shortened(String text) {
        if (Tokens.of(text) <= maxTokens) return text;
        int fits = 0;
        int not = text.length();
        while (not - fits > 1) {
            int middle = (fits + not) >>> 1;
            if (Tokens.of(text.substring(0, middle)) <= maxTokens) fits = middle;
            else not = middle;
        }
        boolean cutsPair = fits > 0 && Character.isHighSurrogate(text.charAt(fits - 1));
        return text.substring(0, cutsPair ? fits - 1 : fits);
    }
}
