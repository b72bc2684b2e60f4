package io.dormouse.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.head.Head;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import io.dormouse.session.Usage;
import io.dormouse.verify.Export;
import io.dormouse.verify.ExportReader;
import io.dormouse.verify.ExportReader.Result;
import io.dormouse.verify.Finding;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ./dormouse verify}: a session of this data folder, whether a suite is at work on it or died over it; or of an API
 * that has a URL; or a file. A session in the folder is read by the same export that the API gives.
 */
final class VerifyCommand {
    private static final String USAGE = """
            usage: ./dormouse verify SESSION [--local | --url URL [--key KEY]] [--json]
                   ./dormouse verify FILE.jsonl | - [--json]""";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private String source;
    private String url;
    private String key;
    private boolean local;
    private boolean json;
    private final Map<String, String> environment;
    private final ExportReader reader = new ExportReader();

    private VerifyCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /** Nothing can be said about the session, and why. */
    private static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1;

        Unreadable(String why) {
            super(why);
        }
    }

    /** Returns the exit status: 0 all is well, 1 there are findings, 2 not read, or not understood. */
    static int run(List<String> arguments, Map<String, String> environment) {
        VerifyCommand command = new VerifyCommand(environment);
        if (!command.understand(arguments)) {
            System.err.println(USAGE);
            return 2;
        }
        try {
            command.read();
        } catch (Unreadable | IOException | IllegalArgumentException e) {
            System.err.println("dormouse: could not read " + command.source + ": " + e.getMessage());
            return 2;
        } catch (InterruptedException e) {
            return 2;
        } catch (RuntimeException e) {
            // The store is damaged: what it says, and what was found up to there.
            command.reader.end().findings().forEach(found -> System.err.println(line(found)));
            System.err.println("dormouse: could not read " + command.source + " to its end: " + e.getMessage());
            return 2;
        }
        Result result = command.reader.end();
        System.out.println(command.json ? Json.text(machine(result)) : person(result));
        return result.ok() ? 0 : 1;
    }

    private boolean understand(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            boolean hasValue = i + 1 < arguments.size();
            if (argument.equals("--url") && hasValue) url = arguments.get(++i);
            else if (argument.equals("--key") && hasValue) key = arguments.get(++i);
            else if (argument.equals("--local")) local = true;
            else if (argument.equals("--json")) json = true;
            else if ((argument.equals("-") || !argument.startsWith("-")) && source == null) source = argument;
            else return false;
        }
        return source != null && !(local && url != null);
    }

    private void read() throws Unreadable, IOException, InterruptedException {
        Optional<SessionId> session = SessionId.parse(source);
        if (source.equals("-")) lines(System.in);
        else if (session.isEmpty()) file();
        else if (url != null) http(url);
        else {
            // A person may have the model's ANTHROPIC_BASE_URL in the environment; what the folder has is from the
            // folder.
            String base = local ? null : text("ANTHROPIC_BASE_URL");
            if (!store(session.get(), base == null)) http(base);
        }
    }

    private String text(String variable) {
        String value = environment.get(variable);
        return value == null || value.isBlank() ? null : value.trim();
    }

    private void file() throws Unreadable, IOException {
        // The script runs in its own folder; a person names a file from theirs.
        String from = text("DORMOUSE_FROM");
        Path file = from == null ? Path.of(source) : Path.of(from).resolve(source);
        if (!Files.isRegularFile(file)) throw new Unreadable("neither a session's id nor a file");
        try (InputStream in = Files.newInputStream(file)) {
            lines(in);
        }
    }

    private void http(String base) throws Unreadable, IOException, InterruptedException {
        String with = key != null
                ? key
                : text("DORMOUSE_API_KEY") != null ? text("DORMOUSE_API_KEY") : text("ANTHROPIC_API_KEY");
        if (with == null) throw new Unreadable("no key: use --key, DORMOUSE_API_KEY or ANTHROPIC_API_KEY");
        URI address = URI.create(base.replaceAll("/+$", "") + "/v1/sessions/" + source + "/export");
        try (HttpClient client =
                HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            HttpResponse<InputStream> answer = client.send(
                    HttpRequest.newBuilder(address)
                            .header("x-api-key", with)
                            .timeout(PATIENCE)
                            .build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = answer.body()) {
                if (answer.statusCode() != 200)
                    throw new Unreadable(answer.statusCode() + " from " + address + " "
                            + new String(body.readNBytes(500), java.nio.charset.StandardCharsets.UTF_8));
                lines(body);
            }
        }
    }

    /** @return false when it is not there, unless it must be */
    private boolean store(SessionId session, boolean must) throws Unreadable {
        Settings settings = Settings.of(environment);
        boolean embedded = settings.store() instanceof Settings.Store.Embedded;
        if (embedded && !Files.exists(Home.database(settings.home()))) {
            if (must) throw new Unreadable("there is no data in " + settings.home());
            return false;
        }
        try (Stores stores = Stores.openReadOnly(settings, environment, Instant::now, new SecureRandom())) {
            Optional<Head> head = stores.heads().read(session.primaryThread());
            if (head.isEmpty()) {
                if (must) throw new Unreadable("there is no such session in " + settings.home());
                return false;
            }
            if (head.get().deleted()) throw new Unreadable("the session is deleted");
            Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
            Export export = new Export(stores.log(), stores.blobs(), line -> {
                reader.add(line);
                return true;
            });
            export.begin(head.get(), now).end();
            return true;
        }
    }

    private void lines(InputStream from) throws IOException {
        BufferedInputStream in = new BufferedInputStream(from, 1 << 16);
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b >= 0; b = in.read()) {
            if (b != '\n') line.write(b);
            else {
                reader.add(line.toByteArray());
                line.reset();
            }
        }
        // A file whose last line was cut off.
        if (line.size() > 0) reader.add(line.toByteArray());
    }

    // ---- what is said

    private static String line(Finding found) {
        String where = found.position() == 0 ? "header" : "entry " + found.position();
        return where + ": " + found.rule().wireName() + ": " + found.message();
    }

    private static String person(Result result) {
        StringBuilder text = new StringBuilder();
        for (Finding found : result.findings()) text.append(line(found)).append('\n');
        Usage usage = result.summary().usage();
        text.append(result.ok() ? "ok: " : "broken: " + result.findings().size() + " findings, ")
                .append(result.summary().entries())
                .append(" entries, ")
                .append(result.summary().turns())
                .append(" turns, ")
                .append(result.summary().toolCalls())
                .append(" tool calls, usage ")
                .append(usage.input())
                .append(" input ")
                .append(usage.output())
                .append(" output ")
                .append(usage.cacheRead())
                .append(" cache read ")
                .append(usage.cacheWrite5m() + usage.cacheWrite1h())
                .append(" cache write, hash ")
                .append(result.lastHash());
        return text.toString();
    }

    private static JsonNode machine(Result result) {
        ObjectNode object = Json.object()
                .put("ok", result.ok())
                .put("session", result.session())
                .put("entries", result.summary().entries())
                .put("turns", result.summary().turns())
                .put("tool_calls", result.summary().toolCalls());
        object.set("usage", Json.MAPPER.valueToTree(result.summary().usage()));
        object.put("last_hash", result.lastHash());
        var findings = object.putArray("findings");
        for (Finding found : result.findings())
            findings.addObject()
                    .put("position", found.position())
                    .put("rule", found.rule().wireName())
                    .put("message", found.message());
        return object;
    }
}
