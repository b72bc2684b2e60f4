package io.dormouse.sandbox.tool;

/**
 * What a tool call came to: one text for the model, and whether it is an error. The text is never empty, because a
 * transcript with an empty text block is not legal everywhere.
 */
public record ToolResult(String text, boolean isError) {

    public ToolResult {
        if (text.isEmpty()) {
            text = "(no output)";
        }
    }

    public static ToolResult ok(String text) {
        return new ToolResult(text, false);
    }

    public static ToolResult error(String text) {
        return new ToolResult(text, true);
    }

    /** The result of a call that its caller cancelled. */
    public static ToolResult interrupted(String partialOutput) {
        String note = "[interrupted by the caller; it may have taken effect in part]";
        return error(
                partialOutput.isEmpty() ? note : partialOutput + (partialOutput.endsWith("\n") ? "" : "\n") + note);
    }
}
