package io.dormouse.mcp.client;

import io.dormouse.mcp.Servers.Failure;
import io.dormouse.prompt.WellFormed;

/** Why a message did not get its answer. */
final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final int MAX_MESSAGE = 500;

    private final Failure kind;
    private final int status;

    /** @param status of the HTTP answer; 0 for none */
    private Fault(Failure kind, int status, String message) {
        super(printable(message), null, false, false);
        this.kind = kind;
        this.status = status;
    }

    static Fault connection(String message) {
        return new Fault(Failure.CONNECTION, 0, message);
    }

    /** @param said what the server says about it, or empty */
    static Fault status(int status, String said) {
        boolean authentication = status == 401 || status == 403;
        String meaning =
                authentication ? "The server wants a credential, or another one: HTTP " : "The server answered HTTP ";
        return new Fault(
                authentication ? Failure.AUTHENTICATION : Failure.CONNECTION,
                status,
                meaning + status + (said.isBlank() ? "" : ": " + said));
    }

    /** @param reason a word of the proxy's */
    static Fault refused(String reason, String message) {
        boolean credential = reason.startsWith("credential");
        return new Fault(credential ? Failure.AUTHENTICATION : Failure.CONNECTION, 0, message + " (" + reason + ")");
    }

    /** What a server says is told to people and written into logs. */
    private static String printable(String text) {
        String cut = text.substring(0, Math.min(text.length(), MAX_MESSAGE));
        return WellFormed.text(cut.replaceAll("\\p{Cntrl}+", " ").strip());
    }

    Failure kind() {
        return kind;
    }

    int status() {
        return status;
    }
}
