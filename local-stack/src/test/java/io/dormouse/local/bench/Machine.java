package io.dormouse.local.bench;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What Linux says about the machine and a process. */
final class Machine {
    /** Of {@code /proc/PID/stat}: USER_HZ is 100 on every Linux that runs a JDK. */
    private static final long MILLIS_PER_TICK = 10;

    private Machine() {}

    /** The load average of the last minute. */
    static double load() {
        return Double.parseDouble(read("/proc/loadavg").split(" ")[0]);
    }

    /** User and system time of a process so far, in steps of 10 ms. */
    static long cpuMillis(long pid) {
        return cpuMillis(read("/proc/" + pid + "/stat"));
    }

    /** Of that, what the JIT compilers of a JVM took: by the threads it has now, so a little too low. */
    static long compilerMillis(long pid) {
        long sum = 0;
        for (File thread : new File("/proc/" + pid + "/task").listFiles()) {
            String stat = read(thread + "/stat");
            if (stat.contains(" CompilerThre")) sum += cpuMillis(stat);
        }
        return sum;
    }

    private static long cpuMillis(String stat) {
        // Fields count from the end of the name, which may hold spaces; 11 and 12 are utime and stime.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * MILLIS_PER_TICK;
    }

    /** Bytes that a process has sent to the storage layer so far. */
    static long writtenBytes(long pid) {
        return number("/proc/" + pid + "/io", "write_bytes:");
    }

    /** The most resident memory that a process has had so far. */
    static long peakMemoryKb(long pid) {
        return number("/proc/" + pid + "/status", "VmHWM:");
    }

    private static long number(String file, String label) {
        return read(file)
                .lines()
                .filter(line -> line.startsWith(label))
                .map(line -> line.replaceAll("[^0-9]", ""))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElseThrow();
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
