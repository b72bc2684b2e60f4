package io.dormouse.sandbox.egress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The head of one request, read strictly: what two readers could understand differently is not understood at all.
 *
 * @param old whether it is HTTP/1.0, which knows no chunks
 * @param length of the body in bytes, or -1 when it is chunked
 */
record RequestHead(String method, String target, boolean old, boolean keepAlive, List<Header> headers, long length) {
    private static final int LONGEST_BYTES = 64 * 1024;
    private static final int MOST_HEADERS = 200;

    /** They belong to one connection and end here. Host is what the URL says, the length what the lane is told. */
    private static final Set<String> OF_THE_CONNECTION = Set.of(
            "connection",
            "proxy-connection",
            "proxy-authorization",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "expect",
            "content-length",
            "host");

    sealed interface Read {
        record Good(RequestHead head) implements Read {}

        record Bad(int status, String why) implements Read {}

        /** The client has no more to say. */
        record Ended() implements Read {}
    }

    static Read from(ClientInput in) throws IOException {
        if (!in.awaitMore()) {
            return new Read.Ended();
        }
        try {
            return new Read.Good(new Lines(in).head());
        } catch (Malformed bad) {
            return new Read.Bad(bad.status, bad.getMessage());
        }
    }

    List<String> values(String name) {
        return Header.values(headers, name);
    }

    boolean expectsContinue() {
        return values("expect").stream().anyMatch(value -> value.equalsIgnoreCase("100-continue"));
    }

    boolean hasBody() {
        return length != 0;
    }

    /** Whether it asks for another protocol than the next version of HTTP, which it may just as well not get. */
    boolean wantsOtherProtocol() {
        return values("upgrade").stream().anyMatch(value -> !value.equalsIgnoreCase("h2c"));
    }

    /** The headers that are for the other end. */
    List<Header> forwarded() {
        List<String> named = values("connection").stream()
                .flatMap(value -> List.of(value.split(",")).stream())
                .map(String::strip)
                .toList();
        return headers.stream()
                .filter(each -> !OF_THE_CONNECTION.contains(each.name().toLowerCase(java.util.Locale.ROOT)))
                .filter(each -> named.stream().noneMatch(each::is))
                .toList();
    }

    static boolean token(String text) {
        return !text.isEmpty() && text.chars().allMatch(RequestHead::tokenChar);
    }

    private static boolean tokenChar(int c) {
        return c >= '0' && c <= '9'
                || c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || "!#$%&'*+-.^_`|~".indexOf(c) >= 0;
    }

    @SuppressWarnings("serial") // never written
    private static final class Malformed extends Exception {
        private final int status;

        Malformed(int status, String why) {
            super(why, null, false, false);
            this.status = status;
        }

        Malformed(String why) {
            this(400, why);
        }
    }

    private static final class Lines {
        private final ClientInput in;
        private int left = LONGEST_BYTES;

        Lines(ClientInput in) {
            this.in = in;
        }

        RequestHead head() throws IOException, Malformed {
            String[] first = line().split(" ", -1);
            if (first.length != 3 || !token(first[0]) || first[1].isEmpty()) {
                throw new Malformed("the request line is not METHOD TARGET HTTP/1.1");
            }
            boolean old = first[2].equals("HTTP/1.0");
            if (!old && !first[2].equals("HTTP/1.1")) {
                throw new Malformed(505, "only HTTP/1.1 is spoken here");
            }
            if (!first[1].chars().allMatch(c -> c > 0x20 && c < 0x7F)) {
                throw new Malformed("the target of a request must be printable ASCII");
            }
            List<Header> headers = headers();
            long length = length(headers, old);
            boolean close = Header.values(headers, "connection").stream()
                    .anyMatch(value -> value.toLowerCase(java.util.Locale.ROOT).contains("close"));
            if (!old && Header.values(headers, "host").size() != 1) {
                throw new Malformed("there must be one Host header");
            }
            return new RequestHead(first[0], first[1], old, !old && !close, headers, length);
        }

        private List<Header> headers() throws IOException, Malformed {
            List<Header> headers = new ArrayList<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                if (colon <= 0 || !token(line.substring(0, colon))) {
                    // Also a line that goes on with the one before, and a space before the colon.
                    throw new Malformed("a header line is not `Name: value`");
                }
                if (headers.size() == MOST_HEADERS) {
                    throw new Malformed(431, "more than " + MOST_HEADERS + " headers");
                }
                String value = line.substring(colon + 1).strip();
                if (value.chars().anyMatch(c -> c < 0x20 && c != '\t' || c == 0x7F)) {
                    throw new Malformed("a header has a control character");
                }
                headers.add(new Header(line.substring(0, colon), value));
            }
            return List.copyOf(headers);
        }

        private static long length(List<Header> headers, boolean old) throws Malformed {
            List<String> lengths = Header.values(headers, "content-length");
            List<String> codings = Header.values(headers, "transfer-encoding");
            if (!codings.isEmpty() && !lengths.isEmpty()) {
                throw new Malformed("Content-Length and Transfer-Encoding exclude each other");
            }
            if (lengths.size() > 1 || codings.size() > 1) {
                throw new Malformed("the length of the body is told twice");
            }
            if (!codings.isEmpty()) {
                if (old || !codings.getFirst().equalsIgnoreCase("chunked")) {
                    throw new Malformed("the only transfer coding is chunked, in HTTP/1.1");
                }
                return -1;
            }
            if (lengths.isEmpty()) {
                return 0;
            }
            if (!lengths.getFirst().matches("[0-9]{1,15}")) {
                throw new Malformed("Content-Length is not a number");
            }
            return Long.parseLong(lengths.getFirst());
        }

        private String line() throws IOException, Malformed {
            StringBuilder line = new StringBuilder();
            for (int next = in.read(); ; next = in.read()) {
                if (next < 0) {
                    throw new Malformed("the request ended in its head");
                }
                if (--left < 0) {
                    throw new Malformed(431, "the head of the request is longer than " + LONGEST_BYTES + " bytes");
                }
                if (next == '\n') {
                    throw new Malformed("a line ends without a carriage return");
                }
                if (next == '\r') {
                    if (in.read() != '\n') {
                        throw new Malformed("a carriage return that ends no line");
                    }
                    return line.toString();
                }
                line.append((char) next); // ISO-8859-1, as it goes out again
            }
        }
    }

    /** Bytes of a text that came in as above. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
