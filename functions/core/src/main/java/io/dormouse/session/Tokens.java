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

    // ---- the most that it can be

    /** No picture takes more, however large it is. */
    private static final int MOST_OF_IMAGE = 5_000;

    /** What a value, a field or an item takes beside its own bytes. */
    private static final int MOST_OF_FRAME = 8;

    /** No more tokens than this, whatever the tokenizer, for each stands for at least one byte. */
    public static long most(JsonNode content) {
        if (content.isTextual()) return most(content.textValue());
        if (!content.isContainerNode()) return MOST_OF_FRAME + content.asText().length();
        if (content.path("type").asText().equals("image")) return MOST_OF_IMAGE;
        if (unread(content)) return Context.FULL;
        long tokens = MOST_OF_FRAME;
        if (content.isObject())
            for (Map.Entry<String, JsonNode> field : content.properties())
                tokens += MOST_OF_FRAME + most(field.getKey()) + most(field.getValue());
        else for (JsonNode child : content) tokens += MOST_OF_FRAME + most(child);
        return Math.min(Context.FULL, tokens);
    }

    /** Of a text as it stands in JSON, where it is longest. */
    public static long most(String text) {
        long bytes = utf8(text);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x20) bytes += 5;
            else if (c == '"' || c == '\\') bytes++;
        }
        return bytes;
    }

    /** Whether something has to be fetched or unpacked before anybody knows how long it is. */
    private static boolean unread(JsonNode block) {
        return block.path("type").asText().equals("document")
                && !block.path("source").path("type").asText().equals("text");
    }

    /** Whether one of these blocks tells nobody how long it is. */
    public static boolean anyUnread(JsonNode content) {
        for (JsonNode block : content) if (unread(block)) return true;
        return false;
    }

    /** @param content as of {@link #ofStored} */
    static long mostStored(JsonNode content) {
        if (!content.isObject()) return most(content);
        if (content.path("unread").asBoolean()) return Context.FULL;
        // An estimate is told of pictures only, and it is less than half of what they can be.
        return content.has("tokens")
                ? content.path("tokens").asLong() * 4
                : content.path("bytes").asLong();
    }

    static long mostOfTools(List<McpTool> tools) {
        long tokens = 0;
        for (McpTool tool : tools)
            tokens += McpTool.MAX_NAME
                    + MOST_OF_FRAME * 4
                    + most(tool.inputSchema())
                    + (tool.description() == null ? 0 : most(tool.description()));
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
