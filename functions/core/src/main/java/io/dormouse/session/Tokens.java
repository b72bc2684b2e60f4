package io.dormouse.session;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.McpTool;
import java.util.List;
import java.util.Map;

/**
 * An estimate of the tokens that content takes in a prompt, from its bytes alone. Rather too high than too low: the model
 * tells the true number with its next reply.
 */
public final class Tokens {
    /** English text has four to five bytes a token, code and numbers three. */
    private static final int BYTES = 3;

    /** The largest picture that a model looks at is scaled down to about this. */
    private static final int IMAGE = 2_000;

    /** What a block or a message takes beside its texts. */
    private static final int FRAME = 4;

    private Tokens() {}

    /** @param content anything in a prompt, as it is there */
    public static long of(JsonNode content) {
        if (content.isTextual()) return ofBytes(utf8(content.textValue()));
        if (!content.isContainerNode()) return 1;
        if (content.path("type").asText().equals("image")) return IMAGE;
        long tokens = FRAME;
        if (content.isObject())
            for (Map.Entry<String, JsonNode> field : content.properties())
                tokens += field.getKey().length() / BYTES + of(field.getValue());
        else for (JsonNode child : content) tokens += of(child);
        return tokens;
    }

    public static long of(String text) {
        return ofBytes(utf8(text));
    }

    /** @param content blocks; or, when they are large, the reference that {@code Spill} left, which nobody else can make */
    private static long ofStored(JsonNode content) {
        if (!content.isObject()) return of(content);
        return content.path("tokens").asLong(ofBytes(content.path("bytes").asLong()));
    }

    /** Of what the model is told of these inputs. */
    public static long of(List<Posted> inputs) {
        long tokens = 0;
        for (Posted posted : inputs)
            tokens += switch (posted.input()) {
                case Input.UserMessage m -> ofStored(m.content());
                case Input.SystemMessage m -> ofStored(m.content());
                case Input.Interrupt m -> 0;
                case Input.Confirmation m -> 0;
                // Told by the result that it becomes.
                case Input.CustomResult m -> 0;
                case Input.Updated m -> 0;
                case Input.Archived m -> 0;
            };
        return tokens;
    }

    static long ofResults(List<ToolResult> results) {
        long tokens = 0;
        for (ToolResult result : results) tokens += FRAME + ofStored(result.content());
        return tokens;
    }

    /** Of the definitions of these tools. */
    public static long ofTools(List<McpTool> tools) {
        long tokens = 0;
        for (McpTool tool : tools)
            tokens += FRAME
                    + of(tool.name())
                    + of(tool.inputSchema())
                    + (tool.description() == null ? 0 : of(tool.description()));
        return tokens;
    }

    private static long ofBytes(long bytes) {
        return (bytes + BYTES - 1) / BYTES;
    }

    private static long utf8(String text) {
        long bytes = text.length();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Half of a pair counts two, so that the pair is four.
            if (c >= 0x80) bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
        }
        return bytes;
    }
}
