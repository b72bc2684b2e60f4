package io.dormouse.local.e2e;

import io.dormouse.local.lambda.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A git server as people run them: nginx with TLS and Basic authorization before git-http-backend. It is {@code git.test} and,
 * at another port, {@code other.test}, with a certificate of an authority of its own; it notes who offered what.
 */
final class NginxGit implements AutoCloseable {
    private static final Path BACKEND = Path.of("/usr/lib/git-core/git-http-backend");

    private final Path folder;
    private final int port = FreePort.next();
    private final int otherPort = FreePort.next();
    private Process cgi;
    private Process nginx;

    private NginxGit(Path folder) throws IOException {
        this.folder = folder;
    }

    /** Null, or why it cannot run here. */
    static String missing() throws InterruptedException {
        for (String tool : List.of("nginx", "fcgiwrap", "openssl", "git"))
            if (run(Path.of("/"), "/bin/sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; command -v " + tool)
                    .isEmpty()) return tool + " is missing";
        return Files.isExecutable(BACKEND) ? null : BACKEND + " is missing";
    }

    static NginxGit start(Path folder) throws IOException, InterruptedException {
        NginxGit server = new NginxGit(folder);
        server.certify();
        Files.createDirectories(folder.resolve("srv/team"));
        Files.createDirectories(folder.resolve("tmp"));
        Files.writeString(folder.resolve("nginx.conf"), server.configuration());
        server.cgi = server.process("fcgiwrap", "-c", "4", "-s", "unix:" + folder.resolve("cgi.sock"));
        Eventually.until("the CGI listens", () -> Files.exists(folder.resolve("cgi.sock")));
        server.nginx = server.process(
                "nginx",
                "-e",
                folder.resolve("error.log").toString(),
                "-p",
                folder.toString(),
                "-c",
                folder.resolve("nginx.conf").toString());
        Eventually.value("the git server listens", () -> {
            if (!server.nginx.isAlive()) throw new AssertionError("nginx ended: " + server.read("process.txt"));
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port)) {
                return Optional.of(socket.getPort());
            } catch (IOException notYet) {
                return Optional.empty();
            }
        });
        return server;
    }

    private void certify() {
        run(
                folder,
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=Test CA",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem");
        run(
                folder,
                "openssl",
                "req",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-subj",
                "/CN=git.test",
                "-keyout",
                "git.key",
                "-out",
                "git.csr");
        run(folder, "/bin/sh", "-c", "printf 'subjectAltName=DNS:git.test,DNS:other.test\n' > san.txt");
        run(
                folder,
                "openssl",
                "x509",
                "-req",
                "-in",
                "git.csr",
                "-CA",
                "ca.pem",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "2",
                "-extfile",
                "san.txt",
                "-out",
                "git.pem");
    }

    private String configuration() {
        String server = """
                  server {
                    listen 127.0.0.1:%d ssl;
                    ssl_certificate git.pem;
                    ssl_certificate_key git.key;
                    location / {
                      auth_basic git;
                      auth_basic_user_file %s;
                      fastcgi_pass unix:%s;
                      fastcgi_param SCRIPT_FILENAME %s;
                      fastcgi_param GIT_PROJECT_ROOT %s;
                      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
                      fastcgi_param HOME %s;
                      fastcgi_param PATH_INFO $uri;
                      fastcgi_param QUERY_STRING $query_string;
                      fastcgi_param REQUEST_METHOD $request_method;
                      fastcgi_param CONTENT_TYPE $content_type;
                      fastcgi_param CONTENT_LENGTH $content_length;
                      fastcgi_param REMOTE_USER $remote_user;
                      fastcgi_param REMOTE_ADDR $remote_addr;
                    }
                  }
                """;
        return "user root;\ndaemon off;\nmaster_process off;\npid nginx.pid;\nevents {}\nhttp {\n"
                + "  log_format offers '$host $request_method $request_uri $status [$http_authorization]';\n"
                + "  access_log access.log offers;\n  client_max_body_size 50m;\n"
                + "  client_body_temp_path tmp/body;\n  fastcgi_temp_path tmp/fastcgi;\n  proxy_temp_path tmp/proxy;\n"
                + "  uwsgi_temp_path tmp/uwsgi;\n  scgi_temp_path tmp/scgi;\n"
                + server(server, port, "users") + server(server, otherPort, "others") + "}\n";
    }

    private String server(String template, int at, String users) {
        return template.formatted(
                at, folder.resolve(users), folder.resolve("cgi.sock"), BACKEND, folder.resolve("srv"), folder);
    }

    /** From now on this token opens everything at {@code git.test}. */
    void accept(String token) throws IOException {
        Files.writeString(folder.resolve("users"), "x-access-token:{PLAIN}" + token + "\n");
        Files.writeString(folder.resolve("others"), "nobody:{PLAIN}" + token + "-no\n");
    }

    /** Makes {@code team/NAME.git} with two commits on main and one on the branch {@code side}. @return the first commit */
    String repository(String name) {
        return run(folder, "/bin/sh", "-ec", """
                git init -q --bare -b main srv/team/$0.git
                git -C srv/team/$0.git config http.receivepack true
                git clone -q srv/team/$0.git work-$0 2>/dev/null; cd work-$0
                git config user.name t; git config user.email t@example.com; git checkout -q -b main 2>/dev/null || :
                echo one > file; git add file; git commit -qm one; git rev-parse HEAD
                echo two > file; git commit -qam two; git push -q origin main
                git checkout -q -b side; echo side > file; git commit -qam side; git push -q origin side
                """, name).strip();
    }

    /** What a branch of it has as {@code file}; empty without the branch. */
    String file(String name, String branch) {
        return run(folder, "/bin/sh", "-c", "git -C srv/team/$0.git show $1:file 2>/dev/null || :", name, branch)
                .strip();
    }

    String url(String path) {
        return "https://git.test:" + port + path;
    }

    String elsewhere(String path) {
        return "https://other.test:" + otherPort + path;
    }

    String opened() {
        return "git.test:" + port + "=127.0.0.1,other.test:" + otherPort + "=127.0.0.1";
    }

    String authority() {
        return folder.resolve("ca.pem").toString();
    }

    /** One line for each request: host, method, target, status, and the authorization that came. */
    List<String> requests() {
        return read("access.log").lines().toList();
    }

    private String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            return "";
        }
    }

    private Process process(String... command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().merge("PATH", "/usr/sbin", (path, more) -> path + ":" + more);
        // The search for the program itself goes by this process's own path.
        Path there = Path.of("/usr/sbin", command[0]);
        if (Files.isExecutable(there)) builder.command().set(0, there.toString());
        return builder.redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("process.txt").toFile()))
                .start();
    }

    private static String run(Path folder, String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            boolean looking = command[command.length - 1].startsWith("PATH=");
            if (exit != 0 && !looking) throw new AssertionError(String.join(" ", command) + ": exit " + exit);
            return out;
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        for (Process process : new Process[] {nginx, cgi}) {
            if (process == null) continue;
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
