package io.dormouse.outbound;

import java.util.Locale;

/**
 * Why nothing was sent, or no answer came. The words are stable; the status is what a caller that speaks HTTP is to be
 * answered in the proxy's name.
 */
public enum Refusal {
    /** The request is malformed, or has what HTTP/1.1 over one connection cannot carry. */
    REQUEST_INVALID(400),
    /** The session's environment does not allow this host. */
    HOST_NOT_ALLOWED(403),
    /** The destination is not the public internet. */
    DESTINATION_DENIED(403),
    /** A placeholder where, or towards a host for which, its credential is not meant. */
    CREDENTIAL_NOT_ALLOWED(403),
    /** A credential that is not ours, towards a host for which the session has one. */
    FOREIGN_CREDENTIAL(403),
    SESSION_NOT_FOUND(403),
    /** Archived, deleted or terminated. */
    SESSION_ENDED(403),
    INTERRUPTED(403),
    /** A later owner has the session. */
    SUPERSEDED(403),
    /** Too many requests of this session at once. */
    BUSY(429),
    /** What the session may use could not be found out. */
    KEYS_UNAVAILABLE(502),
    /** The proxy itself did not answer, or not to the end. The request may have been made. */
    PROXY_UNAVAILABLE(502),
    NAME_NOT_FOUND(502),
    CONNECT_FAILED(502),
    /** No TLS, or a certificate that is not the host's. */
    TLS_FAILED(502),
    /** The answer breaks HTTP, or its head is too large. */
    ANSWER_INVALID(502),
    /** Compressed, so that an echo of the credential could not be seen. */
    ANSWER_COMPRESSED(502),
    TIMEOUT(504);

    private final int status;

    Refusal(int status) {
        this.status = status;
    }

    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public int status() {
        return status;
    }

    /** @param message for a person */
    public Outbound.Response.Refused because(String message) {
        return new Outbound.Response.Refused(word(), message);
    }

    /** The status for a reason; 502 for a word that this version does not know. */
    public static int status(String reason) {
        for (Refusal refusal : values()) if (refusal.word().equals(reason)) return refusal.status;
        return 502;
    }
}
