package io.dormouse.sandbox.room;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Enforces the limits that the kernel does not: the memory of a whole room and the size of the hand's folders. When the
 * disk limit is passed, whatever runs in the shell's room ends; later commands may run, so that the agent can delete
 * files, and end only if the folders grow further.
 */
public final class Watch implements AutoCloseable {
    private static final Duration EVERY = Duration.ofMillis(500);
    private static final long GROWTH_ALLOWED_BYTES = 1 << 20;

    private final Shell shell;
    private final DiskUsage disk;
    private final Limits limits;
    private volatile boolean running = true;
    private long toleratedBytes;
    private long toleratedFiles;
    private volatile String diskProblem = "";

    public Watch(Shell shell, DiskUsage disk, Limits limits) {
        this.shell = shell;
        this.disk = disk;
        this.limits = limits;
        this.toleratedBytes = limits.diskBytes();
        this.toleratedFiles = limits.diskFiles();
        Thread.ofPlatform().daemon().name("limits").start(this::loop);
    }

    /** Why nothing more may be written now, or an empty text. */
    public String diskProblem() {
        return diskProblem;
    }

    @Override
    public void close() {
        running = false;
    }

    private void loop() {
        long nextDiskLook = 0;
        while (running) {
            LockSupport.parkNanos(EVERY.toNanos());
            var watched = shell.watched();
            if (watched.isPresent()) {
                long memory = watched.get().memoryBytes(limits.memoryBytes());
                if (memory > limits.memoryBytes()) {
                    watched.get()
                            .overLimit("memory limit passed: " + memory + " of " + limits.memoryBytes()
                                    + " bytes; everything in the shell was ended");
                }
            }
            if (System.nanoTime() >= nextDiskLook && (watched.isPresent() || !diskProblem.isEmpty())) {
                long began = System.nanoTime();
                disk.measure().ifPresent(this::judge);
                long took = System.nanoTime() - began;
                // A folder that takes long to count is counted less often: at most a twentieth of one core.
                nextDiskLook =
                        System.nanoTime() + Math.max(Duration.ofSeconds(1).toNanos(), 20 * took);
            }
        }
    }

    private void judge(DiskUsage.Measured used) {
        if (used.bytes() <= limits.diskBytes() && used.files() <= limits.diskFiles()) {
            diskProblem = "";
            toleratedBytes = limits.diskBytes();
            toleratedFiles = limits.diskFiles();
            return;
        }
        diskProblem =
                "disk limit passed: " + used.bytes() + " of " + limits.diskBytes() + " bytes, " + used.files() + " of "
                        + limits.diskFiles() + " files in " + Isolation.WORKSPACE + ", " + Isolation.OUTPUTS
                        + " and /tmp; delete files before you write more";
        if (used.bytes() > toleratedBytes || used.files() > toleratedFiles) {
            shell.watched().ifPresent(each -> each.overLimit(diskProblem));
        }
        toleratedBytes = Math.max(limits.diskBytes(), used.bytes() + GROWTH_ALLOWED_BYTES);
        toleratedFiles = Math.max(limits.diskFiles(), used.files() + 1000);
    }
}
