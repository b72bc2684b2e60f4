package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.local.e2e.Upstream.Heard;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;

/** Git's own server program behind HTTP, for whoever has the token, which opens all repositories here. */
final class GitServer implements Upstream.Script {
    private static final String PREPARE = """
            mkdir -p "$1/me" "$1/them" && cd "$1" && export GIT_CONFIG_GLOBAL=/dev/null
            for each in me/repo me/other them/repo; do
              git init -q --bare $each.git && git -C $each.git config http.receivepack true || exit 1
            done
            git init -q seed && cd seed && echo first > a.txt && git add a.txt &&
            git -c user.name=a -c user.email=a@b.c commit -qm first &&
            git push -q ../me/repo.git HEAD && git push -q ../me/other.git HEAD && git push -q ../them/repo.git HEAD
            """;

    private final Path repositories;
    private final String authorization;

    GitServer(Path repositories, String token) throws IOException, InterruptedException {
        this.repositories = repositories;
        byte[] pair = ("x-access-token:" + token).getBytes(StandardCharsets.UTF_8);
        this.authorization = "Basic " + Base64.getEncoder().encodeToString(pair);
        Process prepared = new ProcessBuilder("/bin/sh", "-c", PREPARE, "sh", repositories.toString())
                .inheritIO()
                .start();
        assertThat(prepared.waitFor()).isZero();
    }

    @Override
    public void answer(Heard heard, OutputStream out) throws IOException {
        if (!heard.header("authorization").equals(authorization)) {
            Upstream.say(
                    out,
                    "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
        Map<String, String> environment = builder.environment();
        String target = heard.target();
        int query = target.indexOf('?');
        environment.put("GIT_PROJECT_ROOT", repositories.toString());
        environment.put("GIT_HTTP_EXPORT_ALL", "1");
        environment.put("REMOTE_USER", "me");
        environment.put("REQUEST_METHOD", heard.method());
        environment.put("PATH_INFO", query < 0 ? target : target.substring(0, query));
        environment.put("QUERY_STRING", query < 0 ? "" : target.substring(query + 1));
        environment.put("CONTENT_TYPE", heard.header("content-type"));
        environment.put("HTTP_CONTENT_ENCODING", heard.header("content-encoding"));
        environment.put("GIT_PROTOCOL", heard.header("git-protocol"));
        environment.put("CONTENT_LENGTH", String.valueOf(heard.body().length));
        Process process = builder.start();
        try (OutputStream in = process.getOutputStream()) {
            in.write(heard.body());
        }
        byte[] answer = process.getInputStream().readAllBytes();
        String text = new String(answer, StandardCharsets.ISO_8859_1);
        String status = text.startsWith("Status: ") ? text.substring(8, text.indexOf('\r')) : "200 OK";
        Upstream.say(out, "HTTP/1.1 " + status + "\r\nConnection: close\r\n");
        out.write(answer);
        out.flush();
    }

    /** What the branch of a repository has, or an empty text. */
    String last(String repository) throws IOException, InterruptedException {
        Process log = new ProcessBuilder(
                        "git", "--git-dir=" + repositories.resolve(repository), "log", "--all", "--format=%s")
                .start();
        try (InputStream in = log.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
