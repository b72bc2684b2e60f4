package io.dormouse.local;

import io.dormouse.edge.ApiKeys;
import io.dormouse.edge.ApiKeys.Created;
import io.dormouse.edge.ApiKeys.Key;
import io.dormouse.id.WorkspaceId;
import io.dormouse.wire.Refused;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;

/** {@code ./dormouse key create|list|revoke}: works on the store, whether a suite is running on it or not. */
final class KeyCommand {
    private static final String USAGE = """
            usage: ./dormouse key create [--workspace NAME] [--name TEXT]
                   ./dormouse key list [--workspace NAME]
                   ./dormouse key revoke KEY_ID""";

    private KeyCommand() {}

    /** Returns the exit status: 0 done, 1 refused, 2 not understood. */
    static int run(List<String> arguments, Map<String, String> environment) {
        try {
            Settings settings = Settings.of(environment);
            Home.prepare(settings.home());
            SecureRandom random = new SecureRandom();
            try (Stores stores = Stores.open(settings, environment, Instant::now, random)) {
                ApiKeys keys =
                        new ApiKeys(stores.resources(), () -> Instant.now().truncatedTo(ChronoUnit.MILLIS), random);
                return run(arguments, keys);
            }
        } catch (Refused | IllegalArgumentException | IOException | SdkException e) {
            System.err.println("dormouse: " + e.getMessage());
            return 1;
        }
    }

    private static int run(List<String> arguments, ApiKeys keys) {
        String verb = arguments.isEmpty() ? "" : arguments.getFirst();
        String workspace = null;
        String name = null;
        String id = null;
        for (int i = 1; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            boolean hasValue = i + 1 < arguments.size();
            if (argument.equals("--workspace") && hasValue) workspace = arguments.get(++i);
            else if (argument.equals("--name") && hasValue) name = arguments.get(++i);
            else if (!argument.startsWith("--") && id == null) id = argument;
            else return usage();
        }
        switch (verb) {
            case "create" -> {
                if (id != null) return usage();
                WorkspaceId of = workspace == null ? WorkspaceId.DEFAULT : new WorkspaceId(workspace);
                Created created = keys.create(of, name == null ? "" : name);
                // The key alone on standard output, so that a script can take it.
                System.out.println(created.plain());
                System.err.println("Key " + created.key().id() + " of workspace " + of + ". It is not shown again.");
                return 0;
            }
            case "list" -> {
                if (id != null || name != null) return usage();
                for (Key key : keys.list())
                    if (workspace == null || key.workspace().text().equals(workspace)) System.out.println(line(key));
                return 0;
            }
            case "revoke" -> {
                if (id == null || workspace != null || name != null) return usage();
                List<Key> revoked = keys.revoke(id);
                if (revoked.isEmpty()) {
                    System.err.println("dormouse: no key " + id);
                    return 1;
                }
                revoked.forEach(key -> System.out.println(line(key)));
                return 0;
            }
            default -> {
                return usage();
            }
        }
    }

    private static String line(Key key) {
        String state = key.revokedAt() == null ? "active" : "revoked " + key.revokedAt();
        return String.join(
                "  ", key.id(), key.workspace().text(), key.createdAt().toString(), state, key.name());
    }

    private static int usage() {
        System.err.println(USAGE);
        return 2;
    }
}
