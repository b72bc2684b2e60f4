package io.dormouse.proxy.http;

import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Refusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The head of an answer, read strictly: whatever two programs could frame differently is not an answer.
 *
 * @param headers without those that frame the message or belong to the connection
 * @param length of the body; -1 for {@code chunked}, -2 for one that ends with the connection
 */
record AnswerHead(int status, List<Header> headers, long length) {
    static final long CHUNKED = -1;
    static final long UNTIL_CLOSED = -2;

    private static final Set<String> DROPPED = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length");

    /** Reads heads up to the one that is not {@code 1xx}. @param noBody whether the request was one without a body in its answer */
    static AnswerHead read(InputStream in, boolean noBody, Limits limits) throws IOException {
        int left = limits.headBytes();
        while (true) {
            List<String> lines = new ArrayList<>();
            while (true) {
                String line = line(in, left);
                left -= line.length() + 2;
                if (line.isEmpty()) break;
                lines.add(line);
                if (lines.size() > limits.headers() + 1) throw invalid("has too many headers");
            }
            if (lines.isEmpty()) throw invalid("has no status");
            int status = status(lines.getFirst());
            if (status == 101) throw invalid("changes the protocol");
            if (status >= 200) return of(status, lines.subList(1, lines.size()), noBody);
        }
    }

    /** Without its end, which is CR LF and nothing else. */
    static String line(InputStream in, int most) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream(80);
        while (true) {
            int b = in.read();
            if (b < 0) throw invalid("ends in its head");
            if (b == '\r') {
                if (in.read() != '\n') throw invalid("has a line end that is none");
                return line.toString(StandardCharsets.ISO_8859_1);
            }
            if (b < ' ' && b != '\t' || b == 127) throw invalid("has control characters");
            line.write(b);
            if (line.size() > most) throw invalid("has too large a head");
        }
    }

    private static int status(String line) throws Failure {
        boolean http = line.startsWith("HTTP/1.1 ") || line.startsWith("HTTP/1.0 ");
        if (!http || line.length() < 12 || line.length() > 12 && line.charAt(12) != ' ') throw invalid("is not HTTP");
        int status = 0;
        for (int i = 9; i < 12; i++) {
            int digit = line.charAt(i) - '0';
            if (digit < 0 || digit > 9) throw invalid("has no status");
            status = status * 10 + digit;
        }
        if (status < 100 || status > 599) throw invalid("has a status that is none");
        return status;
    }

    private static AnswerHead of(int status, List<String> lines, boolean noBody) throws Failure {
        List<Header> headers = new ArrayList<>();
        String length = null;
        String encoding = null;
        for (String line : lines) {
            int colon = line.indexOf(':');
            String written = colon < 0 ? "" : line.substring(0, colon);
            if (!isToken(written)) throw invalid("has a header without a name");
            String value = line.substring(colon + 1).strip();
            String name = written.toLowerCase(Locale.ROOT);
            switch (name) {
                case "content-length" -> {
                    if (length != null && !length.equals(value)) throw invalid("has two lengths");
                    length = value;
                }
                case "transfer-encoding" -> {
                    if (encoding != null || !value.equalsIgnoreCase("chunked"))
                        throw invalid("has a transfer encoding that is not known");
                    encoding = value;
                }
                default -> {}
            }
            if (!DROPPED.contains(name)) headers.add(new Header(written, value));
        }
        if (length != null && encoding != null) throw invalid("has two lengths");
        long told = length == null ? UNTIL_CLOSED : number(length);
        // A HEAD is told how long its body would be; that frames nothing, and the caller may want to know.
        if (length != null) headers.add(new Header("Content-Length", length));
        if (noBody || status == 204 || status == 304) return new AnswerHead(status, headers, 0);
        return new AnswerHead(status, headers, encoding != null ? CHUNKED : told);
    }

    private static long number(String text) throws Failure {
        if (text.isEmpty() || text.length() > 18) throw invalid("has a length that is none");
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) throw invalid("has a length that is none");
            number = number * 10 + digit;
        }
        return number;
    }

    private static boolean isToken(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) return false;
        }
        return !text.isEmpty();
    }

    static Failure invalid(String what) {
        return new Failure(Refusal.ANSWER_INVALID, "the answer " + what);
    }
}
