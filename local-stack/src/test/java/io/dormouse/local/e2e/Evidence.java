package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** All that the attacks left behind, looked through for canaries. Thread-safe. */
final class Evidence {
    /** A canary that is everywhere it may be: where it is not found, nothing is. */
    static final String DECOY = "decoy";

    private final Canary canary;
    private final AtomicInteger artefacts = new AtomicInteger();
    private final Set<Canary.Found> found = ConcurrentHashMap.newKeySet();
    /** Where the decoy was found: the first words. */
    private final Set<String> decoys = ConcurrentHashMap.newKeySet();

    private final AtomicLong bytes = new AtomicLong();
    /** Processes are looked at often: what was seen once is not searched, or counted, again. */
    private final Set<String> processes = ConcurrentHashMap.newKeySet();

    Evidence(Canary canary) {
        this.canary = canary;
    }

    int artefacts() {
        return artefacts.get();
    }

    List<Canary.Found> found() {
        return List.copyOf(found);
    }

    /** By kinds of artefacts. */
    Set<String> decoys() {
        return decoys;
    }

    long bytes() {
        return bytes.get();
    }

    int foundBytes() {
        return found.stream().mapToInt(Canary.Found::bytes).sum();
    }

    /** @param allowed canaries that are in their right place there */
    void look(String where, byte[] bytes, String... allowed) {
        artefacts.incrementAndGet();
        this.bytes.addAndGet(bytes.length);
        for (Canary.Found each : canary.search(where, bytes, Set.of(allowed)))
            if (each.secret().equals(DECOY)) decoys.add(where.split(" ")[0]);
            else found.add(each);
    }

    void look(String where, String text, String... allowed) {
        look(where, text.getBytes(StandardCharsets.UTF_8), allowed);
    }

    /** Every file below, and its name. Links are not followed; their targets are texts as well. */
    void folder(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = folder.relativize(file).toString();
                if (attributes.isSymbolicLink()) look("link " + name, name + " " + Files.readSymbolicLink(file));
                else if (attributes.isRegularFile()) {
                    look("name of " + name, name);
                    look("file " + name, Files.readAllBytes(file));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // A name that no path of Java's can have, or a file that went away.
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Every value of every row: in the file itself, large ones lie about in pages. */
    void database(Path file) throws SQLException {
        int before = artefacts();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                Statement statement = connection.createStatement()) {
            List<String> tables = new ArrayList<>();
            try (ResultSet names = statement.executeQuery("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
                while (names.next()) tables.add(names.getString(1));
            }
            for (String table : tables)
                try (ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
                    while (rows.next())
                        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                            byte[] value = rows.getBytes(i);
                            if (value != null && value.length >= Canary.SHORTEST_PART)
                                look("row " + rows.getRow() + " of " + table, value);
                        }
                }
        }
        assertThat(artefacts()).isGreaterThan(before);
    }

    /**
     * Command lines and environments of all processes that the suite started, and their children, and its own. Only its own
     * environment has the model's key: that is where it was given.
     */
    void processes(RunningSuite suite) {
        ProcessHandle own = suite.handle();
        Set<ProcessHandle> all = new LinkedHashSet<>(own.descendants().toList());
        for (ProcessHandle hand : suite.hands()) {
            all.add(hand);
            hand.descendants().forEach(all::add);
        }
        process(own, Target.MODEL_KEY);
        for (ProcessHandle each : all) process(each);
    }

    private void process(ProcessHandle process, String... allowed) {
        for (String file : List.of("environ", "cmdline"))
            try {
                byte[] bytes = Files.readAllBytes(Path.of("/proc/" + process.pid() + "/" + file));
                String key = process.pid() + file + new String(bytes, StandardCharsets.ISO_8859_1);
                if (bytes.length > 0 && processes.add(key))
                    look(
                            file + " of process " + process.pid(),
                            bytes,
                            file.equals("environ") ? allowed : new String[0]);
            } catch (IOException gone) {
                // It has ended.
            }
    }

    /** What the model and hosts outside got, each without what is theirs. */
    void received(Upstream upstream, Set<String> rightful) {
        String[] allowed = rightful.toArray(String[]::new);
        for (Upstream.Heard heard : upstream.heard()) {
            look("upstream " + upstream.name() + heard.target(), heard.head(), allowed);
            if (heard.body().length > 0) look("upstream " + upstream.name() + heard.target(), heard.body(), allowed);
        }
    }

    /** All that the API tells of a session. */
    void session(Client client, String session) {
        for (String path : List.of(
                "",
                "/events?limit=1000",
                "/events?limit=1000&order=desc",
                "/threads",
                "/resources",
                "/facts?limit=1000")) pages("/v1/sessions/" + session + path, client);
        look(
                "export of " + session,
                client.get("/v1/sessions/" + session + "/export").json().toString());
        StringBuilder stream = new StringBuilder();
        try (RawStream raw = RawStream.fromTheStart(client, session)) {
            Set<String> ids = new HashSet<>();
            client.get("/v1/sessions/" + session + "/events?limit=1000&order=desc")
                    .json()
                    .path("data")
                    .forEach(event -> ids.add(event.path("id").asText()));
            while (!ids.isEmpty()) {
                RawStream.Event event = raw.next();
                if (event == null) break;
                stream.append("data: ").append(event.data()).append("\n\n");
                if (!event.name().equals("ping"))
                    ids.remove(event.json().path("id").asText());
            }
        }
        look("stream of " + session, stream.toString());
    }

    private void pages(String path, Client client) {
        String page = "";
        do {
            Reply reply = client.get(path + page);
            look("answer to GET " + path, reply.json().toString());
            String next = reply.json().path("next_page").asText("");
            page = next.isEmpty() || next.equals("null") ? "" : (path.contains("?") ? "&" : "?") + "page=" + next;
        } while (!page.isEmpty());
    }

    /** Lists and documents of a workspace. */
    void documents(Client client) {
        for (String kind : List.of("agents", "environments", "sessions", "vaults", "files", "models")) {
            pages("/v1/" + kind + "?limit=20", client);
            for (var each : client.get("/v1/" + kind).json().path("data")) {
                pages("/v1/" + kind + "/" + each.path("id").asText(), client);
                if (kind.equals("vaults"))
                    pages("/v1/vaults/" + each.path("id").asText() + "/credentials?include_archived=true", client);
            }
        }
    }

    void replies(Map<String, List<String>> replies) {
        replies.forEach((request, bodies) -> bodies.forEach(body -> look("reply to " + request, body)));
    }

    /** Names of the first ones found; for a message. */
    Stream<String> told() {
        return found.stream().map(Canary.Found::toString).sorted().limit(20);
    }
}
