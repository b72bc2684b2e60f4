package io.dormouse.sandbox;

import io.dormouse.sandbox.files.FileRoom;
import io.dormouse.sandbox.room.Cloning;
import io.dormouse.sandbox.room.DiskUsage;
import io.dormouse.sandbox.room.Installation;
import io.dormouse.sandbox.room.Limits;
import io.dormouse.sandbox.room.Room;
import io.dormouse.sandbox.room.Shell;
import io.dormouse.sandbox.room.Watch;
import io.dormouse.sandbox.tool.Cancellation;
import io.dormouse.sandbox.tool.ToolResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** The tools of this hand by name, and the rooms they run in. */
final class Toolbox implements Calls.Tools, AutoCloseable {
    private static final long FILE_TOOL_MILLIS = 30_000;
    private static final long GREP_MILLIS = 60_000;

    private final Room room;
    private final Shell shell;
    private final Installation installation;
    private final Cloning cloning;
    private final FileRoom files;
    private final DiskUsage disk;
    private final Watch watch;
    private final Executor fileCalls = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("file-call").factory());

    Toolbox(Room room, Limits limits, Path installed) {
        this.room = room;
        this.shell = new Shell(room);
        this.installation = new Installation(room, installed);
        this.cloning = new Cloning(room);
        this.files = new FileRoom(room);
        this.disk = new DiskUsage(room);
        this.watch = new Watch(shell, disk, limits);
    }

    @Override
    public CompletableFuture<ToolResult> begin(Call call, Cancellation cancellation) {
        return switch (call.name()) {
            case "bash" -> shell.begin(call.input(), call.timeoutMillis(), cancellation);
            case "read", "glob" -> file(call, FILE_TOOL_MILLIS, cancellation);
            case "grep" -> file(call, GREP_MILLIS, cancellation);
            case "write", "edit" -> {
                String full = watch.diskProblem();
                yield full.isEmpty()
                        ? file(call, FILE_TOOL_MILLIS, cancellation)
                        : CompletableFuture.completedFuture(ToolResult.error(call.name() + ": " + full));
            }
            case "install" ->
                CompletableFuture.supplyAsync(
                        () -> installation.run(call.input(), call.timeoutMillis(), cancellation), fileCalls);
            case "clone" ->
                CompletableFuture.supplyAsync(
                        () -> cloning.run(call.input(), call.timeoutMillis(), cancellation), fileCalls);
            default ->
                CompletableFuture.completedFuture(ToolResult.error(
                        "There is no tool `" + call.name() + "`. There are: bash, read, write, edit, glob, grep."));
        };
    }

    /** Variables for the shells to come. */
    void prepare(Map<String, String> variables) {
        room.variables(variables);
    }

    private CompletableFuture<ToolResult> file(Call call, long otherwiseMillis, Cancellation cancellation) {
        Duration timeout = Duration.ofMillis(call.timeoutMillis().orElse(otherwiseMillis));
        return CompletableFuture.supplyAsync(
                () -> files.run(call.name(), call.input(), timeout, cancellation), fileCalls);
    }

    /** Ends every room and everything in it. */
    @Override
    public void close() {
        watch.close();
        shell.close();
        files.close();
        disk.close();
    }
}
