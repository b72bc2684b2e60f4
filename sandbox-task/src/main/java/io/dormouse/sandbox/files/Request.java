package io.dormouse.sandbox.files;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.sandbox.tool.Fields;
import java.util.Optional;

/** One file tool call with its input read and checked. Paths are as the model gave them. */
sealed interface Request {

    /** {@code lines}: first and last line, 1-based and inclusive; a last line of 0 or less is the end of the file. */
    record Read(String path, Optional<long[]> lines) implements Request {}

    record Write(String path, String content) implements Request {}

    record Edit(String path, String before, String after, boolean everywhere) implements Request {}

    record Glob(String pattern, Optional<String> path) implements Request {}

    record Grep(String pattern, Optional<String> path) implements Request {}

    record Malformed(String why) implements Request {}

    static Request of(String tool, JsonNode input) {
        Fields fields = new Fields(input);
        Request request =
                switch (tool) {
                    case "read" -> new Read(fields.text("file_path"), fields.optionalPair("view_range"));
                    case "write" -> new Write(fields.text("file_path"), fields.text("content"));
                    case "edit" ->
                        new Edit(
                                fields.text("file_path"),
                                fields.text("old_string"),
                                fields.text("new_string"),
                                fields.flag("replace_all"));
                    case "glob" -> new Glob(fields.text("pattern"), fields.optionalText("path"));
                    case "grep" -> new Grep(fields.text("pattern"), fields.optionalText("path"));
                    default -> new Malformed("unknown tool");
                };
        return fields.problem().<Request>map(Malformed::new).orElse(request);
    }
}
