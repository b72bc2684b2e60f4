package io.dormouse.sandbox.room;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.sandbox.tool.Cancellation;
import io.dormouse.sandbox.tool.Fields;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The {@code install} tool, which no model is offered: {@code {apt?, cargo?, gem?, go?, npm?, pip?}}, each a list of
 * packages. They go to {@code ~/.local} of the agent's user, from a room of the shell's kind, one manager after the other;
 * apt's come first, since others may need what they bring.
 */
public final class Installation {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);
    private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(10);

    /** Names, versions, extras and paths; nothing that an option could begin with. */
    private static final Pattern PACKAGE = Pattern.compile("[A-Za-z0-9@._][A-Za-z0-9@._+/:=<>!~^,\\[\\] -]{0,299}");

    /** @param command what comes before the packages, in bash */
    private record Installer(String name, String program, String command) {}

    private static final List<Installer> INSTALLERS = List.of(
            new Installer("apt", "apt-get", script("apt.sh")),
            new Installer(
                    "pip",
                    "python3",
                    "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --user --no-input --quiet"
                            + " --disable-pip-version-check --no-warn-script-location --"),
            new Installer(
                    "npm", "npm", "npm install --global --prefix ~/.local --no-fund --no-audit --loglevel=error --"),
            new Installer("go", "go", "GOBIN=~/.local/bin go install --"),
            new Installer("cargo", "cargo", "cargo install --quiet --root ~/.local --"),
            new Installer("gem", "gem", "gem install --user-install --bindir ~/.local/bin --no-document --quiet --"));

    private final Room room;
    private final Path record;

    /** @param record a file that remembers what is installed: a hand that starts again on its old workspace has it */
    public Installation(Room room, Path record) {
        this.room = room;
        this.record = record;
    }

    public ToolResult run(JsonNode input, OptionalLong callTimeout, Cancellation cancellation) {
        Optional<String> problem = new Fields(input).problem();
        if (problem.isPresent()) {
            return ToolResult.error("install: " + problem.get());
        }
        long millis = Math.min(callTimeout.orElse(DEFAULT_TIMEOUT.toMillis()), LONGEST_TIMEOUT.toMillis());
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        List<String> said = new ArrayList<>();
        boolean failed = false;
        for (Installer by : INSTALLERS) {
            JsonNode packages = input.path(by.name());
            if (!packages.isEmpty()) {
                ToolResult result = once(by, packages, end, cancellation);
                said.add(by.name() + ": " + result.text().strip());
                failed |= result.isError();
            }
        }
        String text = String.join("\n", said);
        return failed ? ToolResult.error(text) : ToolResult.ok(text);
    }

    private ToolResult once(Installer by, JsonNode packages, long end, Cancellation cancellation) {
        String line = by.name() + " " + packages;
        try {
            if (Files.exists(record) && Files.readAllLines(record).contains(line)) {
                return ToolResult.ok("installed already");
            }
            ToolResult result = install(by, packages, end, cancellation);
            if (!result.isError()) {
                Files.writeString(record, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
            return result;
        } catch (IOException broken) {
            return ToolResult.error("not installed: " + broken.getMessage());
        }
    }

    private ToolResult install(Installer by, JsonNode packages, long end, Cancellation cancellation)
            throws IOException {
        List<String> words = new ArrayList<>();
        for (JsonNode each : packages) {
            if (!each.isTextual() || !PACKAGE.matcher(each.textValue()).matches()) {
                return ToolResult.error("not the name of a package: " + each);
            }
            String name = each.textValue();
            words.add(by.name().equals("go") && name.indexOf('@') < 0 ? name + "@latest" : name);
        }
        String script = Errand.VARIABLES + "command -v " + by.program() + " >/dev/null"
                + " || { echo '" + by.program() + " is not in this sandbox'; exit 127; }; "
                + by.command() + " \"$@\" </dev/null 2>&1";
        List<String> command = new ArrayList<>(List.of("/bin/bash", "-c", script, "install"));
        command.addAll(words);
        return switch (Errand.run(room, command, end, cancellation)) {
            case Errand.Ended.Done done -> ToolResult.ok("installed " + String.join(" ", words));
            case Errand.Ended.Broken broken -> ToolResult.error("not installed: " + broken.why());
            case Errand.Ended.Cancelled cancelled -> ToolResult.interrupted("");
        };
    }

    /** A function of bash, up to its call. */
    private static String script(String name) {
        try (InputStream script = Installation.class.getResourceAsStream(name)) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // it is in the same jar
        }
    }
}
