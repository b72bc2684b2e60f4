package io.dormouse.messages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.Map;

/**
 * What a provider calls a model. Agents name models as the Messages API does; a name with a dot or a colon in it is a
 * provider's own already, such as an inference profile, and stays as it is.
 */
public enum ModelIds {
    /** As the Messages API does. */
    PLAIN {
        @Override
        String of(String id) {
            return id;
        }
    },

    /** {@code anthropic.claude-opus-4-8}: neither date nor version. */
    BEDROCK_MANTLE {
        @Override
        String of(String id) {
            return "anthropic." + undated(id);
        }
    },

    /** Inference profiles, which the runtime asks for instead of models: {@code global} ones, which every region has. */
    BEDROCK {
        @Override
        String of(String id) {
            String plain = undated(id);
            return "global.anthropic." + VERSIONED.getOrDefault(plain, plain);
        }
    };

    /** Up to Opus 4.6 the ids of Bedrock had dates and versions. */
    private static final Map<String, String> VERSIONED = Map.of(
            "claude-sonnet-4-5", "claude-sonnet-4-5-20250929-v1:0",
            "claude-haiku-4-5", "claude-haiku-4-5-20251001-v1:0",
            "claude-opus-4-5", "claude-opus-4-5-20251101-v1:0",
            "claude-opus-4-6", "claude-opus-4-6-v1");

    abstract String of(String id);

    private static String undated(String id) {
        return id.replaceFirst("-20\\d{6}$", "");
    }

    /** The request's body with the provider's name for its model. */
    ObjectNode named(ObjectNode body) {
        String id = body.path("model").asText();
        String name = id.indexOf('.') >= 0 || id.indexOf(':') >= 0 ? id : of(id);
        if (name.equals(id)) return body;
        ObjectNode named = Json.object();
        named.setAll(body);
        return named.put("model", name);
    }
}
