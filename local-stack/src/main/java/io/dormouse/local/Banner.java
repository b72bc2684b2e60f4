package io.dormouse.local;

import io.dormouse.edge.ApiKeys;
import io.dormouse.id.WorkspaceId;
import io.dormouse.messages.Signing;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What a person reads once the suite is ready. The only place that prints a key, and only the one it has just made. */
final class Banner {
    private Banner() {}

    /** Makes sure that there is a key, and says how to use it; {@code {port}} is left to fill in. */
    static String of(Settings settings, ApiKeys keys) throws IOException {
        String key;
        String shellKey;
        if (settings.apiKey() != null) {
            keys.register(settings.apiKey(), WorkspaceId.DEFAULT, "DORMOUSE_API_KEY");
            key = "the one in DORMOUSE_API_KEY (workspace default)";
            shellKey = "$DORMOUSE_API_KEY";
        } else if (keys.list().stream().noneMatch(known -> known.revokedAt() == null)) {
            shellKey = keys.create(WorkspaceId.DEFAULT, "first start").plain();
            key = shellKey + "  (workspace default; shown this once, only its hash is kept)";
        } else {
            key = "made at an earlier start; ./dormouse key create makes another";
            shellKey = "YOUR_KEY";
        }
        String model = settings.model() == null
                ? "offline, and not an LLM; set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL, for a real one"
                : settings.model().base()
                        + switch (settings.model().signing()) {
                            case Signing.Unsigned u -> " (without a key)";
                            case Signing.ApiKey k -> "";
                            case Signing.Aws a -> " (signed with AWS credentials)";
                        };
        return template()
                .replace("{url}", "http://127.0.0.1:{port}")
                .replace("{key}", key)
                .replace("{shell-key}", shellKey)
                .replace("{model}", model)
                .replace("{home}", settings.home().toString())
                .replace(
                        "{warning}",
                        settings.unsafeHands()
                                ? "\n  WARNING: commands run without isolation, with your rights\n"
                                : "");
    }

    private static String template() throws IOException {
        try (InputStream in = Banner.class.getResourceAsStream("banner.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
