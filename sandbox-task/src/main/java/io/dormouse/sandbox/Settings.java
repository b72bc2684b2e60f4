package io.dormouse.sandbox;

import io.dormouse.sandbox.room.Limits;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the supervisor is told at its start, all of it by environment variables (the README has the table).
 *
 * @param agentUid the user that agent code runs as, or -1 for this program's own
 */
record Settings(
        String hand,
        Secret secret,
        InetSocketAddress listen,
        InetSocketAddress egressListen,
        Path state,
        Path workspace,
        Path outputs,
        Optional<Path> uploads,
        Optional<Path> egress,
        Walls walls,
        long agentUid,
        Duration idleExit,
        Limits limits) {

    enum Walls {
        BUBBLEWRAP,
        USER,
        NONE;

        /** The value of DORMOUSE_ISOLATION that means this. */
        String settingName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    sealed interface Parsed {
        record Good(Settings settings) implements Parsed {}

        record Bad(String why) implements Parsed {}
    }

    static Parsed of(Map<String, String> environment) {
        try {
            return new Parsed.Good(new Reader(environment).settings());
        } catch (IllegalArgumentException bad) {
            return new Parsed.Bad(bad.getMessage());
        }
    }

    private record Reader(Map<String, String> environment) {

        Settings settings() {
            long memory = number("DORMOUSE_LIMIT_MEMORY_BYTES", 4L << 30);
            Limits limits = new Limits(
                    memory,
                    number("DORMOUSE_LIMIT_ADDRESS_BYTES", 4 * memory),
                    number("DORMOUSE_LIMIT_PROCESSES", 512),
                    number("DORMOUSE_LIMIT_FILE_BYTES", 2L << 30),
                    number("DORMOUSE_LIMIT_OPEN_FILES", 4096),
                    number("DORMOUSE_LIMIT_DISK_BYTES", 10L << 30),
                    number("DORMOUSE_LIMIT_DISK_FILES", 1_000_000));
            return new Settings(
                    text("DORMOUSE_HAND"),
                    secret(),
                    listen("DORMOUSE_LISTEN", "127.0.0.1:0"),
                    listen("DORMOUSE_EGRESS_LISTEN", anyPortOf(listen("DORMOUSE_LISTEN", "127.0.0.1:0"))),
                    folder("DORMOUSE_STATE_DIR"),
                    folder("DORMOUSE_WORKSPACE_DIR"),
                    folder("DORMOUSE_OUTPUTS_DIR"),
                    optionalFolder("DORMOUSE_UPLOADS_DIR"),
                    optionalFolder("DORMOUSE_EGRESS_DIR"),
                    walls(),
                    number("DORMOUSE_AGENT_UID", -1),
                    Duration.ofSeconds(number("DORMOUSE_IDLE_EXIT_SECONDS", 15 * 60)),
                    limits);
        }

        private String text(String name) {
            String value = environment.getOrDefault(name, "").strip();
            if (value.isEmpty()) {
                throw new IllegalArgumentException(name + " is required");
            }
            return value;
        }

        private Secret secret() {
            return Secret.ofHash(text("DORMOUSE_SECRET_SHA256"))
                    .orElseThrow(
                            () -> new IllegalArgumentException("DORMOUSE_SECRET_SHA256 must be 64 hexadecimal digits"));
        }

        private Path folder(String name) {
            return Path.of(text(name)).toAbsolutePath().normalize();
        }

        private Optional<Path> optionalFolder(String name) {
            return environment.containsKey(name) ? Optional.of(folder(name)) : Optional.empty();
        }

        private static String anyPortOf(InetSocketAddress address) {
            return address.getHostString() + ":0";
        }

        private InetSocketAddress listen(String name, String otherwise) {
            String value = environment.getOrDefault(name, otherwise);
            int colon = value.lastIndexOf(':');
            try {
                return new InetSocketAddress(
                        value.substring(0, Math.max(0, colon)), Integer.parseInt(value.substring(colon + 1)));
            } catch (IllegalArgumentException bad) {
                throw new IllegalArgumentException(name + " must be address:port", bad);
            }
        }

        private Walls walls() {
            return switch (environment.getOrDefault("DORMOUSE_ISOLATION", "bubblewrap")) {
                case "bubblewrap" -> Walls.BUBBLEWRAP;
                case "user" -> Walls.USER;
                case "none" -> Walls.NONE;
                default -> throw new IllegalArgumentException("DORMOUSE_ISOLATION must be bubblewrap, user or none");
            };
        }

        private long number(String name, long otherwise) {
            String value = environment.get(name);
            if (value == null) {
                return otherwise;
            }
            try {
                long number = Long.parseLong(value.strip());
                if (number > 0) {
                    return number;
                }
            } catch (NumberFormatException bad) {
                // said below
            }
            throw new IllegalArgumentException(name + " must be a whole number above 0");
        }
    }
}
