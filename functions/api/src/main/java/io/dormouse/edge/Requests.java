package io.dormouse.edge;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;

/** Turns the bytes of a request's body into a JSON object that the rest of the system can store and send back. */
final class Requests {
    private Requests() {}

    /** An empty body is an empty object, whatever its content type: archive calls come without either. */
    static ObjectNode body(byte[] bytes, String contentType) {
        if (blank(bytes)) return Json.object();
        if (contentType != null && !isJson(contentType)) throw Refused.invalid("content-type must be application/json");
        JsonNode body;
        try {
            body = Json.MAPPER.readTree(bytes);
        } catch (StreamConstraintsException e) {
            throw Refused.invalid("The request body is nested deeper than " + Json.MAX_DEPTH
                    + " levels, or has a number or a name that is too long");
        } catch (JsonProcessingException e) {
            // The original message quotes the input; the place is enough to find the mistake.
            throw Refused.invalid("The request body is not valid JSON"
                    + (e.getLocation() == null
                            ? ""
                            : " (line " + e.getLocation().getLineNr() + ", column "
                                    + e.getLocation().getColumnNr() + ")"));
        } catch (IOException e) {
            throw Refused.invalid("The request body is not valid JSON");
        }
        if (!(body instanceof ObjectNode object)) throw Refused.invalid("The request body must be a JSON object");
        return mayHoldLoneSurrogates(bytes) ? (ObjectNode) wellFormed(object) : object;
    }

    private static boolean isJson(String contentType) {
        int semicolon = contentType.indexOf(';');
        String type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .trim()
                .toLowerCase(Locale.ROOT);
        return type.isEmpty() || type.equals("application/json") || type.equals("text/json") || type.endsWith("+json");
    }

    private static boolean blank(byte[] bytes) {
        for (byte b : bytes) if (b != ' ' && b != '\n' && b != '\r' && b != '\t') return false;
        return true;
    }

    /** An escape that begins with D: rare enough to look closer then. Half a pair in raw bytes does not parse. */
    private static boolean mayHoldLoneSurrogates(byte[] bytes) {
        for (int i = 0; i + 2 < bytes.length; i++)
            if (bytes[i] == '\\' && bytes[i + 1] == 'u' && (bytes[i + 2] | 0x20) == 'd') return true;
        return false;
    }

    /** Half a surrogate pair cannot be written as UTF-8. It becomes U+FFFD here, so that nothing later can fail on it. */
    private static JsonNode wellFormed(JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode copy = Json.object();
            for (Map.Entry<String, JsonNode> field : object.properties())
                copy.set(wellFormed(field.getKey()), wellFormed(field.getValue()));
            return copy;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode copy = Json.array();
            for (JsonNode item : array) copy.add(wellFormed(item));
            return copy;
        }
        return node instanceof TextNode text ? TextNode.valueOf(wellFormed(text.textValue())) : node;
    }

    static String wellFormed(String text) {
        StringBuilder fixed = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) continue;
            boolean paired = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (paired) {
                i++;
                continue;
            }
            if (fixed == null) fixed = new StringBuilder(text);
            fixed.setCharAt(i, '\uFFFD');
        }
        return fixed == null ? text : fixed.toString();
    }
}
