package io.dormouse.local.sqlite;

/** The file could not be read or written: full, damaged, locked for too long, closed. The cause says which. */
public final class BrokenStore extends RuntimeException {
    private static final long serialVersionUID = 1;

    BrokenStore(String message, Throwable cause) {
        super(message + ": " + cause.getMessage(), cause);
    }
}
