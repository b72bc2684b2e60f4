package io.dormouse.vault;

/**
 * How a credential did on its server.
 *
 * @param hasRefreshToken whether it could be refreshed
 * @param probe the step that failed, or null
 * @param refresh what came of a refresh, or null when none was called for
 */
public record Validation(Status status, boolean hasRefreshToken, Probe probe, Refresh refresh) {
    public enum Status {
        /** It works. */
        VALID,
        /** It was refused for good: whoever it belongs to has to grant it anew. */
        INVALID,
        /** Nobody can tell now; later perhaps. */
        UNKNOWN
    }

    /**
     * @param method of MCP, for example {@code initialize}
     * @param answer null when there was none
     */
    public record Probe(String method, Heard answer) {}

    /** @param answer of the token endpoint, when it refused; else null */
    public record Refresh(Refreshed status, Heard answer) {}

    public enum Refreshed {
        SUCCEEDED,
        FAILED,
        CONNECT_ERROR,
        NO_REFRESH_TOKEN
    }

    /**
     * An answer, as far as it may be shown.
     *
     * @param body scrubbed of everything secret that was sent, and cut
     */
    public record Heard(int status, String contentType, String body, boolean truncated) {}
}
