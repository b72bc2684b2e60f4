package io.dormouse.sandbox.room;

import java.util.List;

/**
 * How much one room may use. {@code memoryBytes} is the resident sum of a room, looked at twice a second;
 * {@code addressBytes}, {@code processes}, {@code fileBytes} and {@code openFiles} are kernel limits;
 * {@code diskBytes} and {@code diskFiles} cover workspace, outputs and /tmp together and are looked at every second or
 * so, because a plain folder has no quota.
 */
public record Limits(
        long memoryBytes,
        long addressBytes,
        long processes,
        long fileBytes,
        long openFiles,
        long diskBytes,
        long diskFiles) {

    /** The prefix that gives a command the kernel limits, hard and soft. Comes inside the walls, so it counts only there. */
    List<String> prlimit(boolean withAddressSpace) {
        String address = withAddressSpace ? String.valueOf(addressBytes) : "unlimited";
        return List.of(
                "/usr/bin/prlimit",
                "--as=" + address,
                "--nproc=" + processes,
                "--fsize=" + fileBytes,
                "--nofile=" + openFiles,
                "--core=0",
                "--");
    }
}
