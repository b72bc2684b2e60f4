package io.dormouse.sandbox.room;

/** Which room a process goes to. The rooms of a hand share its folders and nothing else: no process, no memory. */
public enum View {
    /** The persistent shell and its background jobs. */
    SHELL,
    /** The file worker: also sees the JDK and this program, read-only. Has no limit on address space, which a JVM reserves freely. */
    FILES,
    /** Counts the disk. Sees the folders read-only. */
    USAGE
}
