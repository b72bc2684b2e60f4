package io.dormouse.local.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.net.httpserver.HttpExchange;
import io.dormouse.id.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs as they are installed, over HTTPS, in a real room: each finds the proxy and trusts its certificates by itself. */
class ProgramsTest {
    @TempDir
    static Path home;

    static OnHand hand;
    static final Map<String, byte[]> FILES = new ConcurrentHashMap<>();

    @BeforeAll
    static void start() throws IOException {
        hand = OnHand.in(home);
        hand.serve("files.test", ProgramsTest::file);
        FILES.put("/hello", "hello\n".getBytes(StandardCharsets.UTF_8));
        Registries.fill(FILES);
        hand.serve("git.test", exchange -> GitServer.answer(exchange, home.resolve("repositories")));
    }

    @AfterAll
    static void stop() {
        hand.close();
    }

    private static void file(HttpExchange exchange) throws IOException {
        byte[] posted = exchange.getRequestBody().readAllBytes();
        byte[] content = exchange.getRequestMethod().equals("POST")
                ? posted
                : FILES.get(exchange.getRequestURI().getPath());
        int status = content == null ? 404 : 200;
        byte[] answer = content == null ? new byte[0] : content;
        if (exchange.getRequestURI().getPath().matches("/simple/.*"))
            exchange.getResponseHeaders().set("Content-Type", "text/html");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        if (head) exchange.getResponseHeaders().set("Content-Length", String.valueOf(answer.length));
        exchange.sendResponseHeaders(status, head || answer.length == 0 ? -1 : answer.length);
        if (!head && answer.length > 0) exchange.getResponseBody().write(answer);
        exchange.close();
    }

    /** On a machine that lacks a program its test says so; a program of every CI machine must be there. */
    private static void needs(String program, boolean always) {
        if (hand.bash("command -v " + program + " >/dev/null").isError()) {
            if (always && System.getenv("CI") != null) fail(program + " is missing");
            System.out.println("Skipped: " + program + " is not in the room");
            Assumptions.abort(program + " is not in the room");
        }
    }

    @Test
    void curl() {
        needs("curl", true);
        assertThat(hand.bash("curl -sS https://files.test/hello").fine()).isEqualTo("hello\n");
        assertThat(hand.bash("curl -sS --http2 https://files.test/hello https://files.test/hello")
                        .fine())
                .isEqualTo("hello\nhello\n");
        assertThat(hand.bash("curl -sS -H 'Expect: 100-continue' -d posted https://files.test/x")
                        .fine())
                .isEqualTo("posted");
        // Its trust does not hang on the variables alone.
        assertThat(hand.bash("env -u CURL_CA_BUNDLE -u SSL_CERT_FILE curl -sS https://files.test/hello")
                        .fine())
                .isEqualTo("hello\n");
    }

    @Test
    void git_clones_and_pushes() {
        needs("git", true);
        assertThat(hand.bash(
                                "cd /tmp && rm -rf repo && git clone -q https://git.test/one.git repo && cd repo && cat a.txt "
                                        + "&& head -c 3000000 /dev/urandom > big && git add big "
                                        + "&& git -c user.name=a -c user.email=a@b.c commit -qm big && git push -q origin HEAD "
                                        + "&& git ls-remote -q | grep -c \"$(git rev-parse HEAD)\"")
                        .fine())
                .isEqualTo("first\n2\n");
    }

    @Test
    void python() {
        needs("python3", true);
        assertThat(hand.bash("python3 -c 'import urllib.request as r; "
                                + "print(r.urlopen(\"https://files.test/hello\").read().decode(), end=\"\")'")
                        .fine())
                .isEqualTo("hello\n");
    }

    @Test
    void pip() {
        needs("pip3", false);
        assertThat(hand.bash("pip3 install --user --break-system-packages --no-warn-script-location -q "
                                + "--disable-pip-version-check --index-url https://files.test/simple dormouse_probe && "
                                + "python3 -c 'import dormouse_probe; print(dormouse_probe.WORD)'")
                        .fine())
                .isEqualTo("squeak\n");
    }

    @Test
    void node() throws IOException {
        needs("node", true);
        Files.writeString(hand.folder().resolve("workspace/probe.mjs"), """
                import https from 'node:https';
                import http from 'node:http';
                const get = (library, url) => new Promise((done, failed) => library.get(url, (response) => {
                  let text = ''; response.on('data', (part) => text += part); response.on('end', () => done(text));
                }).on('error', failed));
                console.log('https', (await get(https, 'https://files.test/hello')).trim());
                console.log('http', (await get(http, 'http://files.test/hello')).trim());
                console.log('fetch', (await (await fetch('https://files.test/hello')).text()).trim());
                console.log('fetch', (await (await fetch('http://files.test/hello')).text()).trim());
                const posted = await fetch('https://files.test/x', { method: 'POST', body: 'posted' });
                console.log('post', await posted.text());
                await fetch('https://nowhere.test/').then((answer) => console.log('denied', answer.status));
                """);
        assertThat(hand.bash("cd /workspace; node probe.mjs").fine())
                .isEqualTo("https hello\nhttp hello\nfetch hello\nfetch hello\npost posted\ndenied 403\n");
    }

    @Test
    void npm() {
        needs("npm", true);
        assertThat(hand.bash("npm install -g --prefix ~/.local --no-audit --no-fund --silent "
                                + "--registry https://files.test/npm dormouse-probe && dormouse-probe && "
                                + "node -p 'require(\"dormouse-probe\")'")
                        .fine())
                .isEqualTo("squeak\nsqueak\n");
    }

    @Test
    void java() throws IOException {
        needs("java", true);
        Files.writeString(hand.folder().resolve("workspace/Probe.java"), """
                import java.net.*;
                import java.net.http.*;
                class Probe {
                  public static void main(String[] arguments) throws Exception {
                    var client = HttpClient.newHttpClient();
                    for (String url : new String[] {"https://files.test/hello", "http://files.test/hello"}) {
                      var request = HttpRequest.newBuilder(URI.create(url)).build();
                      System.out.print(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
                      System.out.print(new String(URI.create(url).toURL().openStream().readAllBytes()));
                    }
                  }
                }
                """);
        assertThat(hand.bash("cd /workspace; java Probe.java 2>/dev/null").fine())
                .isEqualTo("hello\nhello\nhello\nhello\n");
    }

    @Test
    void go() throws IOException {
        needs("go", false);
        Files.writeString(hand.folder().resolve("workspace/probe.go"), """
                package main
                import ("fmt"; "io"; "net/http")
                func main() {
                  answer, err := http.Get("https://files.test/hello")
                  if err != nil { panic(err) }
                  text, _ := io.ReadAll(answer.Body)
                  fmt.Print(string(text))
                }
                """);
        assertThat(hand.bash("cd /workspace; export GOFLAGS=-mod=mod GOTOOLCHAIN=local; go run probe.go")
                        .fine())
                .isEqualTo("hello\n");
        assertThat(hand.bash("export GOPROXY=https://files.test/go GOSUMDB=off GOTOOLCHAIN=local; "
                                + "go install probe.test/squeak@v1.0.0 2>/dev/null && squeak")
                        .fine())
                .isEqualTo("squeak\n");
    }

    @Test
    void cargo() throws IOException {
        needs("cargo", false);
        Path project = hand.folder().resolve("workspace/crate");
        Files.createDirectories(project.resolve("src"));
        Files.createDirectories(project.resolve(".cargo"));
        Files.writeString(project.resolve("src/lib.rs"), "");
        Files.writeString(project.resolve("Cargo.toml"), """
                [package]
                name = "probe"
                version = "0.1.0"
                [dependencies]
                squeak = { version = "1", registry = "files" }
                """);
        Files.writeString(
                project.resolve(".cargo/config.toml"),
                "[registries.files]\nindex = \"sparse+https://files.test/cargo/\"\n");
        assertThat(hand.bash("cp -r /workspace/crate /tmp/crate && cd /tmp/crate && cargo fetch -q && "
                                + "ls ~/.cargo/registry/src/*/ ")
                        .fine())
                .isEqualTo("squeak-1.0.0\n");
    }

    @Test
    void apt() {
        needs("/usr/lib/apt/apt-helper", false);
        assertThat(hand.bash(
                                "cd /tmp; /usr/lib/apt/apt-helper download-file https://files.test/hello got >/dev/null 2>&1; cat got")
                        .fine())
                .isEqualTo("hello\n");
    }

    @Test
    void openssl_verifies_the_certificates() {
        needs("openssl", true);
        assertThat(hand.bash("openssl s_client -proxy 127.0.0.1:3128 -connect files.test:443 -servername files.test "
                                + "-verify_hostname files.test -x509_strict -verify_return_error </dev/null 2>&1 "
                                + "| grep -E 'Verify return code|issuer='")
                        .fine())
                .contains("Verify return code: 0 (ok)")
                .contains("Dormouse hand_");
    }

    /** Packages of one word each, as their registries have them. */
    static final class Registries {
        private Registries() {}

        static void fill(Map<String, byte[]> files) throws IOException {
            String wheel = "dormouse_probe-1.0-py3-none-any.whl";
            files.put(
                    "/simple/dormouse-probe/",
                    text("<html><body><a href=\"/wheels/" + wheel + "\">" + wheel + "</a></body></html>"));
            files.put(
                    "/wheels/" + wheel,
                    Archives.zip(
                            "dormouse_probe.py",
                            "WORD = 'squeak'\n",
                            "dormouse_probe-1.0.dist-info/METADATA",
                            "Metadata-Version: 2.1\nName: dormouse_probe\nVersion: 1.0\n",
                            "dormouse_probe-1.0.dist-info/WHEEL",
                            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                            "dormouse_probe-1.0.dist-info/RECORD",
                            ""));
            String manifest = "{\"name\":\"dormouse-probe\",\"version\":\"1.0.0\",\"main\":\"index.js\","
                    + "\"bin\":{\"dormouse-probe\":\"bin.js\"}}";
            files.put(
                    "/tarballs/probe.tgz",
                    Archives.tgz(
                            "package/package.json",
                            manifest,
                            "package/index.js",
                            "module.exports = 'squeak';\n",
                            "package/bin.js",
                            "#!/usr/bin/env node\nconsole.log('squeak');\n"));
            files.put(
                    "/npm/dormouse-probe",
                    text("{\"name\":\"dormouse-probe\",\"dist-tags\":{\"latest\":\"1.0.0\"},\"versions\":{\"1.0.0\":"
                            + manifest.substring(0, manifest.length() - 1)
                            + ",\"dist\":{\"tarball\":\"https://files.test/tarballs/probe.tgz\"}}}}"));
            String module = "module probe.test/squeak\n\ngo 1.20\n";
            files.put("/go/probe.test/squeak/@v/list", text("v1.0.0\n"));
            files.put("/go/probe.test/squeak/@v/v1.0.0.info", text("{\"Version\":\"v1.0.0\"}"));
            files.put("/go/probe.test/squeak/@v/v1.0.0.mod", text(module));
            files.put(
                    "/go/probe.test/squeak/@v/v1.0.0.zip",
                    Archives.zip(
                            "probe.test/squeak@v1.0.0/go.mod",
                            module,
                            "probe.test/squeak@v1.0.0/main.go",
                            "package main\n\nfunc main() { print2() }\n",
                            "probe.test/squeak@v1.0.0/print.go",
                            "package main\n\nimport \"fmt\"\n\nfunc print2() { fmt.Println(\"squeak\") }\n"));
            byte[] crate = Archives.tgz(
                    "squeak-1.0.0/Cargo.toml",
                    "[package]\nname = \"squeak\"\nversion = \"1.0.0\"\n",
                    "squeak-1.0.0/src/lib.rs",
                    "");
            files.put("/cargo/config.json", text("{\"dl\":\"https://files.test/crates/{crate}\"}"));
            files.put("/crates/squeak", crate);
            files.put(
                    "/cargo/sq/ue/squeak",
                    text("{\"name\":\"squeak\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"" + Sha256.hex(crate)
                            + "\",\"features\":{},\"yanked\":false}\n"));
        }

        private static byte[] text(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** git's own server program behind HTTP. */
    static final class GitServer {
        private GitServer() {}

        static synchronized void answer(HttpExchange exchange, Path repositories) throws IOException {
            if (!Files.exists(repositories)) prepare(repositories);
            ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
            Map<String, String> environment = builder.environment();
            environment.put("GIT_PROJECT_ROOT", repositories.toString());
            environment.put("GIT_HTTP_EXPORT_ALL", "1");
            environment.put("REMOTE_USER", "test");
            environment.put("REQUEST_METHOD", exchange.getRequestMethod());
            environment.put("PATH_INFO", exchange.getRequestURI().getPath());
            String query = exchange.getRequestURI().getRawQuery();
            environment.put("QUERY_STRING", query == null ? "" : query);
            put(environment, "CONTENT_TYPE", exchange.getRequestHeaders().getFirst("Content-Type"));
            put(
                    environment,
                    "HTTP_CONTENT_ENCODING",
                    exchange.getRequestHeaders().getFirst("Content-Encoding"));
            put(environment, "GIT_PROTOCOL", exchange.getRequestHeaders().getFirst("Git-Protocol"));
            byte[] request = exchange.getRequestBody().readAllBytes();
            environment.put("CONTENT_LENGTH", String.valueOf(request.length));
            Process process = builder.start();
            Thread.startVirtualThread(() -> {
                try (var in = process.getOutputStream()) {
                    in.write(request);
                } catch (IOException unread) {
                    // git says what is wrong with it
                }
            });
            respond(exchange, process.getInputStream());
        }

        private static void put(Map<String, String> environment, String name, String value) {
            if (value != null) environment.put(name, value);
        }

        private static void respond(HttpExchange exchange, InputStream in) throws IOException {
            int status = 200;
            for (String line = line(in); !line.isEmpty(); line = line(in)) {
                String name = line.substring(0, line.indexOf(':'));
                String value = line.substring(line.indexOf(':') + 1).strip();
                if (name.equals("Status")) status = Integer.parseInt(value.substring(0, 3));
                else exchange.getResponseHeaders().set(name, value);
            }
            exchange.sendResponseHeaders(status, 0);
            in.transferTo(exchange.getResponseBody());
            exchange.close();
        }

        private static String line(InputStream in) throws IOException {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) if (next != '\r') line.write(next);
            return line.toString(StandardCharsets.UTF_8);
        }

        private static void prepare(Path repositories) throws IOException {
            String script = "mkdir -p \"$1\" && cd \"$1\" && git init -q --bare one.git && git -C one.git config "
                    + "http.receivepack true && git init -q seed && cd seed && echo first > a.txt && git add a.txt && "
                    + "git -c user.name=a -c user.email=a@b.c commit -qm first && git push -q ../one.git HEAD";
            List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", script, "sh", repositories.toString()));
            try {
                assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                        .isZero();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
