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

/** The protocol's own server of everything, from npm, as a process on a free port. */
final class EverythingServer implements AutoCloseable {
    private static final Path SOURCES = RunningSuite.ROOT.resolve("local-stack/src/test/mcp");
    private static final Path BUILD = RunningSuite.ROOT.resolve("local-stack/target/mcp");
    private static final String MAIN = "node_modules/@modelcontextprotocol/server-everything/dist/index.js";

    private final Process process;
    private final int port;

    private EverythingServer(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Null, or why it cannot run here. */
    static String missing() throws InterruptedException {
        for (String tool : List.of("node", "npm"))
            try {
                if (new ProcessBuilder(tool, "--version").start().waitFor() != 0) return tool + " does not work";
            } catch (IOException absent) {
                return tool + " is missing";
            }
        return null;
    }

    /** @param transport {@code streamableHttp} or {@code sse} */
    static EverythingServer start(String transport) throws Exception {
        install();
        int port = FreePort.next();
        ProcessBuilder builder = new ProcessBuilder("node", MAIN, transport).directory(BUILD.toFile());
        builder.environment().put("PORT", Integer.toString(port));
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(BUILD.resolve(transport + ".txt").toFile())
                .start();
        EverythingServer server = new EverythingServer(process, port);
        Eventually.value("the server listens", () -> {
            if (!process.isAlive()) throw new AssertionError("the server ended: " + server.output(transport));
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return Optional.of(socket.getPort());
            } catch (IOException notYet) {
                return Optional.empty();
            }
        });
        return server;
    }

    private String output(String transport) {
        try {
            return Files.readString(BUILD.resolve(transport + ".txt"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static synchronized void install() throws Exception {
        Files.createDirectories(BUILD);
        Path lock = SOURCES.resolve("package-lock.json");
        Path stamp = BUILD.resolve("installed-lock.json");
        if (Files.exists(BUILD.resolve(MAIN)) && Files.exists(stamp) && Files.mismatch(lock, stamp) < 0) return;
        for (String file : List.of("package.json", "package-lock.json"))
            Files.writeString(BUILD.resolve(file), Files.readString(SOURCES.resolve(file)));
        Path output = BUILD.resolve("npm.txt");
        Process npm = new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
                .directory(BUILD.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = npm.waitFor(5, TimeUnit.MINUTES);
        if (!ended) npm.destroyForcibly();
        if (!ended || npm.exitValue() != 0)
            throw new AssertionError("npm ci: " + Files.readString(output, StandardCharsets.UTF_8));
        Files.writeString(stamp, Files.readString(lock));
    }

    String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
