package io.dormouse.sandbox.room;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.sandbox.tool.Cancellation;
import io.dormouse.sandbox.tool.Fields;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The {@code clone} tool, which no model is offered: {@code {url, path, branch?, commit?}}. Clones a repository into a folder
 * of the workspace, over https and without submodules, as the agent's user. No token is known here: who needs one for the
 * URL adds it outside. A folder that is a clone already is left as it is.
 */
public final class Cloning {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(10);

    /** Into a folder beside the place, so that a clone that broke off is not taken for one. */
    private static final String SCRIPT = Errand.VARIABLES + """
            exec 2>&1 </dev/null
            command -v git >/dev/null || { echo 'git is not in this sandbox'; exit 127; }
            url=$1 path=$2 branch=$3 commit=$4
            [ -e "$path/.git" ] && exit 0
            export GIT_TERMINAL_PROMPT=0 GIT_ALLOW_PROTOCOL=https GIT_CONFIG_NOSYSTEM=1
            part=$path.part
            rm -rf -- "$part" && mkdir -p -- "$(dirname -- "$path")" || exit
            if [ -n "$branch" ]; then git clone --quiet --no-recurse-submodules --branch "$branch" -- "$url" "$part" || exit
            else git clone --quiet --no-recurse-submodules -- "$url" "$part" || exit; fi
            if [ -n "$commit" ]; then
              git -C "$part" cat-file -e "$commit^{commit}" 2>/dev/null || git -C "$part" fetch --quiet origin "$commit" || exit
              git -C "$part" checkout --quiet --detach "$commit" || exit
            fi
            rmdir -- "$path" 2>/dev/null
            mv -T -- "$part" "$path"
            """;

    private final Room room;

    public Cloning(Room room) {
        this.room = room;
    }

    public ToolResult run(JsonNode input, OptionalLong callTimeout, Cancellation cancellation) {
        Fields fields = new Fields(input);
        String url = fields.text("url");
        String path = fields.text("path");
        String branch = fields.optionalText("branch").orElse("");
        String commit = fields.optionalText("commit").orElse("");
        Optional<String> problem = fields.problem();
        if (problem.isPresent()) {
            return ToolResult.error("clone: " + problem.get());
        }
        if (!url.startsWith("https://") || branch.startsWith("-") || commit.startsWith("-")) {
            return ToolResult.error("clone: this is no repository, branch or commit");
        }
        long millis = Math.min(callTimeout.orElse(DEFAULT_TIMEOUT.toMillis()), DEFAULT_TIMEOUT.toMillis());
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        List<String> command = List.of("/bin/bash", "-c", SCRIPT, "clone", url, path, branch, commit);
        try {
            return switch (Errand.run(room, command, end, cancellation)) {
                case Errand.Ended.Done done -> ToolResult.ok("cloned " + url + " into " + path);
                case Errand.Ended.Broken broken -> ToolResult.error("not cloned: " + broken.why());
                case Errand.Ended.Cancelled cancelled -> ToolResult.interrupted("");
            };
        } catch (IOException broken) {
            return ToolResult.error("not cloned: " + broken.getMessage());
        }
    }
}
