package io.dormouse.sandbox.room;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A look at /proc from outside the room: the processes that descend from one, by the pids they have here. */
final class Processes {

    /** One process. {@code startTicks} tells it from a later one with the same pid. */
    record Info(long pid, long parent, long group, long session, long startTicks, boolean zombie) {}

    private Processes() {}

    /** {@code root} and all that descend from it or, when {@code session} is not 0, belong to that session. */
    static Map<Long, Info> under(long root, long session) {
        Map<Long, Info> all = all();
        Map<Long, Info> members = new HashMap<>();
        for (Info each : all.values()) {
            if (!each.zombie() && (descends(each, root, all) || (session != 0 && each.session() == session))) {
                members.put(each.pid(), each);
            }
        }
        return members;
    }

    /**
     * Of {@code now}, those that one command started: not there {@code before}, nor a child of one that was, nor in the
     * process group of one that was. {@code shell} itself is never among them.
     */
    static Set<Info> startedSince(Map<Long, Info> before, Map<Long, Info> now, long shell, long roomRoot) {
        Set<Long> groups = before.values().stream()
                .filter(each -> each.pid() != shell && each.pid() != roomRoot)
                .map(Info::group)
                .collect(Collectors.toCollection(HashSet::new));
        now.values().stream()
                .filter(each -> each.pid() == shell || each.pid() == roomRoot)
                .forEach(each -> groups.remove(each.group()));
        Set<Info> started = new HashSet<>();
        for (Info each : now.values()) {
            if (each.pid() != shell
                    && each.pid() != roomRoot
                    && !ofEarlier(each, before, now, shell, roomRoot, groups)) {
                started.add(each);
            }
        }
        return started;
    }

    private static boolean ofEarlier(
            Info process, Map<Long, Info> before, Map<Long, Info> now, long shell, long roomRoot, Set<Long> groups) {
        for (Info at = process; at != null && at.pid() != shell && at.pid() != roomRoot; at = now.get(at.parent())) {
            Info earlier = before.get(at.pid());
            if ((earlier != null && earlier.startTicks() == at.startTicks()) || groups.contains(at.group())) {
                return true;
            }
        }
        return false;
    }

    /**
     * Kills at once, checking that each is still the process that was looked at. Parents go first: a shell that sees its child
     * killed says so, and nobody expects its words any more.
     */
    static void kill(Collection<Info> processes) {
        Map<Long, Info> all = processes.stream().collect(Collectors.toMap(Info::pid, each -> each));
        List<Info> parentsFirst = processes.stream()
                .sorted(Comparator.comparingInt(each -> depth(each, all)))
                .toList();
        for (Info each : parentsFirst) {
            ProcessHandle.of(each.pid())
                    .filter(handle -> read(each.pid()) instanceof Info now && now.startTicks() == each.startTicks())
                    .ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private static int depth(Info process, Map<Long, Info> all) {
        int depth = 0;
        for (Info at = all.get(process.parent()); at != null && depth < all.size(); at = all.get(at.parent())) {
            depth++;
        }
        return depth;
    }

    /** Sends SIGINT with the rights that {@code prefix} leaves. Failures do not matter: SIGKILL comes next. */
    static void interrupt(List<String> prefix, Set<Long> pids) {
        List<String> pidList = pids.stream().map(String::valueOf).toList();
        try {
            Process kill = new ProcessBuilder(Commands.join(prefix, List.of("/bin/kill", "-INT", "--"), pidList))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            kill.waitFor(1, TimeUnit.SECONDS);
        } catch (IOException unsent) {
            System.err.println("cannot send SIGINT: " + unsent.getMessage());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The memory of these processes in bytes, each shared page counted in shares, so that forks do not count twice. Where the
     * kernel does not tell shares, which takes a right to trace that containers do not have, forks count twice.
     */
    static long memoryBytes(Iterable<Info> processes, long enoughBytes) {
        long resident = 0;
        for (Info each : processes) {
            resident += kilobytes(each.pid(), "status", "VmRSS:") * 1024;
        }
        if (resident < enoughBytes) {
            return resident; // the cheap sum is an upper bound: good enough as long as it is low
        }
        long shared = 0;
        for (Info each : processes) {
            long share = kilobytes(each.pid(), "smaps_rollup", "Pss:");
            shared += (share > 0 ? share : kilobytes(each.pid(), "status", "VmRSS:")) * 1024;
        }
        return shared;
    }

    private static long kilobytes(long pid, String file, String field) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid), file), ISO_8859_1)) {
                if (line.startsWith(field)) {
                    return Long.parseLong(line.replaceAll("[^0-9]", ""));
                }
            }
        } catch (IOException | RuntimeException gone) {
            return 0; // it ended while we looked
        }
        return 0;
    }

    private static boolean descends(Info process, long root, Map<Long, Info> all) {
        Info at = process;
        for (int depth = 0; at != null && depth < 10_000; depth++) {
            if (at.pid() == root) {
                return true;
            }
            at = all.get(at.parent());
        }
        return false;
    }

    private static Map<Long, Info> all() {
        Map<Long, Info> all = new HashMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path entry : entries) {
                if (read(Long.parseLong(entry.getFileName().toString())) instanceof Info info) {
                    all.put(info.pid(), info);
                }
            }
        } catch (IOException unreadable) {
            System.err.println("cannot list /proc: " + unreadable.getMessage());
        }
        return all;
    }

    /** The process, or null when it is gone. Its name may hold spaces and brackets, so fields count from the last one. */
    static Info read(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"), ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return new Info(
                    pid,
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]),
                    Long.parseLong(fields[3]),
                    Long.parseLong(fields[19]),
                    fields[0].equals("Z") || fields[0].equals("X"));
        } catch (IOException | RuntimeException gone) {
            return null;
        }
    }
}
