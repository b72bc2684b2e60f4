package io.dormouse.sandbox.room;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The few files of /etc that a room gets of its own, so that it sees no user, host or server of the machine. */
public final class EtcFolder {
    static final List<String> NAMES = List.of("passwd", "group", "hosts", "hostname", "nsswitch.conf", "machine-id");

    private EtcFolder() {}

    /** Writes them into {@code folder}, readable by all. */
    public static void writeTo(Path folder) throws IOException {
        Files.createDirectories(folder);
        String agent = "agent:x:" + Bubblewrap.AGENT_UID + ":";
        write(
                folder,
                "passwd",
                agent + Bubblewrap.AGENT_UID + ":agent:" + Isolation.WORKSPACE + ":/bin/bash\n"
                        + "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n");
        write(folder, "group", agent + "\nnogroup:x:65534:\n");
        write(folder, "hosts", "127.0.0.1 localhost hand\n::1 localhost\n");
        write(folder, "hostname", "hand\n");
        write(folder, "nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n");
        write(folder, "machine-id", "\n");
    }

    private static void write(Path folder, String name, String content) throws IOException {
        Files.writeString(folder.resolve(name), content);
    }
}
