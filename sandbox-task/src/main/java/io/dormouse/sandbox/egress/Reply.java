package io.dormouse.sandbox.egress;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** What the proxy itself answers. */
final class Reply {
    /** Says why a request went nowhere, in one stable word; the body says it for a person. */
    static final String REASON = "X-Dormouse-Refused";

    private Reply() {}

    /** The last answer on a connection. */
    static void refuse(OutputStream out, int status, String reason, String message) throws IOException {
        refuse(out, status, reason, message, true, false);
    }

    /** @param headOnly as an answer to HEAD has it: without its body */
    static void refuse(OutputStream out, int status, String reason, String message, boolean last, boolean headOnly)
            throws IOException {
        byte[] body = ("dormouse: " + message + "\n").getBytes(StandardCharsets.UTF_8);
        String head = "HTTP/1.1 " + status + " " + phrase(status) + "\r\n"
                + "Content-Type: text/plain; charset=utf-8\r\n"
                + "Content-Length: " + body.length + "\r\n"
                + REASON + ": " + reason.replaceAll("[^A-Za-z0-9_.-]", "_") + "\r\n"
                + (last ? "Connection: close\r\n" : "") + "\r\n";
        out.write(RequestHead.bytes(head));
        if (!headOnly) {
            out.write(body);
        }
        out.flush();
    }

    static String phrase(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 502 -> "Bad Gateway";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            default -> "Status " + status;
        };
    }
}
