package io.dormouse.sandbox.exchange;

import io.dormouse.sandbox.room.Isolation;
import io.dormouse.sandbox.room.Room;
import io.dormouse.sandbox.room.View;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** One save or restore by one caller, which another thread can end. */
final class Transfer implements AutoCloseable {
    private static final int TOLD_BYTES = 600;

    private final Room room;
    private final Thread caller = Thread.currentThread();
    private final CountDownLatch over = new CountDownLatch(1);
    private Process process;
    private CompletableFuture<String> said;
    private boolean ended;

    Transfer(Room room) {
        this.room = room;
    }

    /** The text of one of this program's scripts. */
    static String script(String name) {
        try (InputStream script = Transfer.class.getResourceAsStream(name)) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible); // it is in the same jar
        }
    }

    /** Runs the script in a room that has no way out. */
    synchronized Process start(String script, String agentPath, String argument) throws IOException {
        if (ended) {
            throw new IOException("another caller has ended this");
        }
        Isolation walls = room.isolation();
        process = room.start(
                View.FILES,
                List.of(
                        "/bin/bash",
                        "-c",
                        script,
                        "archive",
                        walls.seenAs(agentPath).toString(),
                        argument));
        InputStream errors = process.getErrorStream();
        said = CompletableFuture.supplyAsync(() -> beginning(errors), Thread::startVirtualThread);
        return process;
    }

    /** The exit code of what was started last, and the beginning of what it said. */
    record Ended(int code, String said) {}

    Ended ended() throws IOException {
        try {
            return new Ended(process.waitFor(), said.join());
        } catch (InterruptedException stopped) {
            throw new IOException("another caller has ended this", stopped);
        }
    }

    private static String beginning(InputStream errors) {
        try (errors) {
            byte[] told = errors.readNBytes(TOLD_BYTES);
            errors.transferTo(OutputStream.nullOutputStream());
            return new String(told, StandardCharsets.UTF_8).strip();
        } catch (IOException closed) {
            return "";
        }
    }

    /** Ends what runs in the room. */
    synchronized void kill() {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** Ends all of it, and waits until its caller has noticed. */
    void end() {
        synchronized (this) {
            if (over.getCount() == 0) {
                return;
            }
            ended = true;
            kill();
            caller.interrupt();
        }
        try {
            over.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        kill();
        over.countDown();
    }
}
