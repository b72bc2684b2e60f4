package io.dormouse.local.hands;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dormouse.hands.HandId;
import io.dormouse.hands.remote.Endpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * What is kept of one hand: {@code hand.json} (its user and its secret, written once by the suite), {@code log},
 * and the supervisor's {@code state}, {@code workspace}, {@code outputs} and {@code uploads}.
 */
record HandFolder(HandId id, Path path) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Written once. @param uid the user of the hand's agent code, when the suite is root */
    record Kept(int uid, String secret) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Kept[uid=" + uid + "]";
        }
    }

    /** A supervisor by its own word: where it listens, and which process it is. */
    record Run(long pid, long startTicks, int port, String isolation) {
        /** Whether that very process is alive, and not a later one with its pid. */
        boolean alive() {
            try {
                String stat = Files.readString(
                        Path.of("/proc", String.valueOf(pid), "stat"), java.nio.charset.StandardCharsets.ISO_8859_1);
                String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                return !fields[0].equals("Z") && Long.parseLong(fields[19]) == startTicks;
            } catch (IOException | RuntimeException gone) {
                return false;
            }
        }

        Endpoint endpoint(String secret) {
            return new Endpoint(URI.create("http://127.0.0.1:" + port), secret);
        }

        void kill() {
            if (alive()) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    Path state() {
        return path.resolve("state");
    }

    Path workspace() {
        return path.resolve("workspace");
    }

    Path outputs() {
        return path.resolve("outputs");
    }

    Path uploads() {
        return path.resolve("uploads");
    }

    Path log() {
        return path.resolve("log");
    }

    /** What is kept; nothing when this hand does not exist. */
    Optional<Kept> kept() throws IOException {
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(path.resolve("hand.json")));
            return Optional.of(
                    new Kept(json.path("uid").asInt(), json.path("secret").asText()));
        } catch (NoSuchFileException absent) {
            return Optional.empty();
        }
    }

    void keep(Kept kept) throws IOException {
        Files.createDirectories(
                path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path beside = path.resolve("hand.json.new");
        Files.deleteIfExists(beside);
        Files.createFile(beside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                beside,
                JSON.createObjectNode()
                        .put("hand", id.text())
                        .put("uid", kept.uid())
                        .put("secret", kept.secret())
                        .toString());
        Files.move(beside, path.resolve("hand.json"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** What the last supervisor said of itself; nothing when it ended in order, or there was none. */
    Optional<Run> run() {
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(state().resolve("run.json")));
            return Optional.of(new Run(
                    json.path("pid").asLong(),
                    json.path("start_ticks").asLong(),
                    json.path("port").asInt(),
                    json.path("isolation").asText()));
        } catch (IOException absent) {
            return Optional.empty();
        }
    }

    /** Removes everything. No supervisor may be alive. */
    void delete() throws IOException {
        // Not from java: agent code may have left paths that are longer than the kernel takes in one piece.
        Process rm = new ProcessBuilder("/bin/rm", "-rf", "--one-file-system", "--", path.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (rm.waitFor() != 0) {
                throw new IOException("cannot remove " + path);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while removing " + path, stopped);
        }
    }
}
