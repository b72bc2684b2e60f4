package io.dormouse.sandbox.room;

import io.dormouse.sandbox.tool.Cancellation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One running bash in its room. bash reads commands from its standard input in interactive mode, because only then does
 * SIGINT end the current command, even a loop of its own, and leave directory, variables and jobs as they are.
 *
 * <p>Framing: standard output carries the commands' output and standard error, of which commands get no copy, carries
 * the end of each: a random marker with the exit status. Both the marker and the token that ends the output are read by
 * bash only after the command has ended, so no output can contain them. Not safe for several threads but for
 * {@link #close()}.
 */
final class ShellSession implements AutoCloseable {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final List<String> BASH = List.of("/bin/bash", "--norc", "--noprofile", "--noediting", "-i");
    private static final String PREPARE =
            "PS1= PS2= PS0= PROMPT_COMMAND=; unset HISTFILE MAILCHECK; set +H +o history; "
                    + "shopt -u checkwinsize; set -m; exec 101>&2 102>&1 >/dev/null 2>&1\n";
    private static final Duration GRACE = Duration.ofSeconds(1);

    /** How a command ended. */
    sealed interface Ended {
        Tail.Output output();

        record Exited(Tail.Output output, int status) implements Ended {}

        /** Stopped before its end. {@code shellLost}: bash had to be killed with it. */
        record Stopped(Tail.Output output, Cause cause, boolean shellLost) implements Ended {}

        /** bash itself ended, by {@code exit} or by a signal. */
        record ShellEnded(Tail.Output output, int status) implements Ended {}
    }

    sealed interface Cause {
        record TimedOut(Duration after) implements Cause {}

        record Cancelled() implements Cause {}

        record OverLimit(String what) implements Cause {}
    }

    private final Room room;
    private final Process process;
    private final OutputStream commands;
    private final Tail output = new Tail();
    private final CompletableFuture<String> overLimit = new CompletableFuture<>();
    private final Thread outputPump;
    private volatile String marker = "";
    private volatile CompletableFuture<Integer> status = new CompletableFuture<>();
    private volatile long roomRoot;
    private volatile long roomRootTicks;
    private volatile long shell;

    private ShellSession(Room room, Process process) {
        this.room = room;
        this.process = process;
        this.commands = process.getOutputStream();
        this.outputPump = pump("shell-output", this::readOutput);
        pump("shell-control", this::readControl);
    }

    /** Starts bash in a new room and waits until it takes commands. */
    static ShellSession start(Room room) throws IOException {
        ShellSession session = new ShellSession(room, room.start(View.SHELL, BASH));
        CompletableFuture<Tail.Output> ready = session.send(room.exports() + PREPARE, "");
        try {
            CompletableFuture.anyOf(ready, session.process.onExit()).get(15, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException | InterruptedException slow) {
            session.close();
            throw new IOException("the shell did not start within 15 seconds", slow);
        }
        if (!ready.isDone()) {
            session.close();
            throw new IOException("the shell ended at once, with exit code " + session.process.exitValue());
        }
        session.locate();
        return session;
    }

    /** Runs one command to its end, or to its timeout, its cancellation or a limit, whichever comes first. */
    Ended run(String command, Duration timeout, Cancellation cancellation) {
        Map<Long, Processes.Info> before = members();
        CompletableFuture<Tail.Output> text =
                send("eval " + Shell.quoted(command), " </dev/null >&102 2>&1 101>&- 102>&-\n");
        CompletableFuture<?> any =
                CompletableFuture.anyOf(text, process.onExit(), cancellation.signal(), overLimit.copy());
        Cause cause = new Cause.Cancelled();
        try {
            any.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException over) {
            cause = new Cause.TimedOut(timeout);
        } catch (ExecutionException | InterruptedException broken) {
            close();
        }
        if (text.isDone()) {
            return new Ended.Exited(text.join(), status.getNow(0));
        }
        if (!process.isAlive() && !overLimit.isDone()) {
            awaitOutputEnd();
            return new Ended.ShellEnded(output.take(), process.exitValue());
        }
        if (overLimit.isDone()) {
            close();
            awaitOutputEnd();
            return new Ended.Stopped(output.take(), new Cause.OverLimit(overLimit.join()), true);
        }
        boolean survived = stop(before, text);
        if (!survived) {
            close();
            awaitOutputEnd();
        }
        return new Ended.Stopped(survived ? text.join() : output.take(), cause, !survived);
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Every process of the room, by its pid outside. */
    Map<Long, Processes.Info> members() {
        return Processes.under(process.pid(), room.isolation().ownProcessNamespace() ? 0 : process.pid());
    }

    /** Ends everything in this room because a limit was passed; {@code what} says which. May come from any thread. */
    void overLimit(String what) {
        overLimit.complete(what);
        close();
    }

    /**
     * Kills bash, its jobs and whatever else runs in this room, and waits until they are gone (at most 3 s). The first
     * process of a pid namespace goes first: it takes all others with it, is itself gone only after the last of them,
     * and bubblewrap outside then ends and takes its exit status, which nobody else would.
     */
    @Override
    public void close() {
        for (int round = 0; round < 60; round++) {
            Processes.Info first = roomRoot == 0 ? null : Processes.read(roomRoot);
            boolean standing = first != null && !first.zombie() && first.startTicks() == roomRootTicks;
            if (standing) {
                Processes.kill(List.of(first));
            } else if (round > 3 || roomRoot == 0) {
                process.destroyForcibly();
            }
            Map<Long, Processes.Info> left = members();
            if (left.isEmpty() && !standing && !process.isAlive()) {
                return;
            }
            if (round > 3 || roomRoot == 0) {
                Processes.kill(left.values());
            }
            pause(Duration.ofMillis(round < 10 ? 5 : 60));
        }
    }

    /** SIGINT first, as Ctrl-C would; SIGKILL after a second. Answers whether bash is back at its prompt. */
    private boolean stop(Map<Long, Processes.Info> before, CompletableFuture<Tail.Output> text) {
        Set<Long> targets = started(before).map(Processes.Info::pid).collect(Collectors.toSet());
        targets.add(shell);
        Processes.interrupt(room.isolation().signalPrefix(), targets);
        boolean back = await(text, GRACE);
        for (int round = 0; round < 5 && !back; round++) {
            Processes.kill(started(before).toList());
            Processes.interrupt(room.isolation().signalPrefix(), Set.of(shell));
            back = await(text, Duration.ofMillis(200));
        }
        for (int round = 0; back && round < 20; round++) {
            List<Processes.Info> leftovers = started(before).toList();
            if (leftovers.isEmpty()) {
                return true;
            }
            Processes.kill(leftovers);
            pause(Duration.ofMillis(20));
        }
        return back && started(before).findAny().isEmpty();
    }

    private Stream<Processes.Info> started(Map<Long, Processes.Info> before) {
        return Processes.startedSince(before, members(), shell, roomRoot).stream();
    }

    /** Sends one line and the line that reports its end. Writes from a thread of its own: bash may not be reading. */
    private CompletableFuture<Tail.Output> send(String line, String rest) {
        String end = random();
        String token = random();
        CompletableFuture<Integer> reported = new CompletableFuture<>();
        status = reported;
        marker = end;
        CompletableFuture<Tail.Output> text = output.until(token);
        String report = "builtin printf '%s %s\\n' " + end + " $? >&101; builtin printf %s " + token + " >&102\n";
        pump("shell-commands", () -> {
            try {
                commands.write((line + rest + report).getBytes(StandardCharsets.UTF_8));
                commands.flush();
            } catch (IOException closed) {
                process.destroy(); // bash is gone or about to be; its exit is what run() sees
            }
        });
        return text.thenCombine(reported, (seen, code) -> seen);
    }

    private void readOutput() {
        byte[] buffer = new byte[64 * 1024];
        try (InputStream in = process.getInputStream()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                output.append(buffer, count);
            }
        } catch (IOException closed) {
            // the room is gone; what was read stays
        }
    }

    private void readControl() {
        StringBuilder line = new StringBuilder();
        try (InputStream in = process.getErrorStream()) {
            for (int next = in.read(); next >= 0; next = in.read()) {
                if (next != '\n') {
                    if (line.length() < 200) { // longer than any report; the rest is noise
                        line.append((char) next);
                    }
                    continue;
                }
                String expected = marker;
                if (!expected.isEmpty() && line.toString().matches(".*" + expected + " [0-9]{1,3}")) {
                    status.complete(Integer.valueOf(line.substring(line.lastIndexOf(" ") + 1)));
                }
                line.setLength(0);
            }
        } catch (IOException closed) {
            // the room is gone
        }
    }

    /** Finds bash itself: in a pid namespace it is the one child of the first process in there. */
    private void locate() throws IOException {
        shell = process.pid();
        if (room.isolation().ownProcessNamespace()) {
            long first = onlyChild(process.pid());
            shell = onlyChild(first);
            Processes.Info info = Processes.read(first);
            roomRootTicks = info == null ? 0 : info.startTicks();
            roomRoot = first;
        }
    }

    private long onlyChild(long parent) throws IOException {
        return members().values().stream()
                .filter(each -> each.parent() == parent)
                .mapToLong(Processes.Info::pid)
                .min()
                .orElseThrow(() -> new IOException("the shell ended while it started"));
    }

    private void awaitOutputEnd() {
        try {
            outputPump.join(GRACE);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean await(CompletableFuture<?> done, Duration limit) {
        try {
            done.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException notYet) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static String random() {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static Thread pump(String name, Runnable work) {
        return Thread.ofPlatform().daemon().name(name).start(work);
    }
}
