package io.dormouse.hands;

import com.fasterxml.jackson.databind.JsonNode;

/** How a call ended. All of these are answers that a model can read. */
public sealed interface HandResult {
    /** The tool ran. @param content array of content blocks @param isError the tool's own word */
    record Output(JsonNode content, boolean isError) implements HandResult {}

    /** The call did not run, and will not. @param reason for the model to read */
    record Failed(String reason) implements HandResult {}

    /** The hand is gone; the call may or may not have taken effect, and is not run again. @param reason for the model to read */
    record Lost(String reason) implements HandResult {}
}
