package io.dormouse.sandbox.egress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** One request of a program and its answer, over a lane. */
final class Exchange {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Set<String> OF_THE_CONNECTION =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "trailer", "te");

    private static final int MOST_TRIES = 3;
    private static final long DRAINED_BYTES = 1 << 20;

    /** For so long an answer that came before the end of the request's body waits for that end. */
    private static final long UPLOAD_ENDS_MILLIS = 2000;

    private final Lanes lanes;
    private final RequestHead head;
    private final String url;
    private final ClientInput in;
    private final OutputStream out;

    Exchange(Lanes lanes, RequestHead head, String url, ClientInput in, OutputStream out) {
        this.lanes = lanes;
        this.head = head;
        this.url = url;
        this.in = in;
        this.out = out;
    }

    /** Whether another request may follow on this connection. */
    boolean run() throws IOException {
        try {
            byte[] request = request();
            for (int tries = 1; ; tries++) {
                switch (lanes.take()) {
                    case Lanes.Taken.Granted(Lane lane) -> {
                        if (begun(lane, request)) {
                            return over(lane);
                        }
                        if (tries == MOST_TRIES) {
                            return refuseUnsent(502, "harness_gone", "the harness went away");
                        }
                    }
                    case Lanes.Taken.Detached() -> {
                        return refuseUnsent(
                                503,
                                "no_harness",
                                "no harness is attached to this sandbox: it has network only while its session works");
                    }
                    case Lanes.Taken.Busy() -> {
                        return refuseUnsent(
                                503, "busy", "too many requests at once: this one waited a minute for its turn");
                    }
                }
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A lane may have ended a moment ago. */
    private static boolean begun(Lane lane, byte[] request) {
        try {
            lane.send(Frame.REQUEST, request, request.length);
            return true;
        } catch (IOException ended) {
            lane.close();
            return false;
        }
    }

    private boolean refuseUnsent(int status, String reason, String message) throws IOException {
        boolean last = !head.keepAlive() || head.expectsContinue() && head.hasBody();
        refuse(status, reason, message, last);
        return !last && drained();
    }

    /** Whether the body could be read over. A connection that is closed with bytes unread may lose the answer. */
    private boolean drained() throws IOException {
        RequestBody body = RequestBody.of(head, in);
        byte[] buffer = new byte[8192];
        long left = DRAINED_BYTES;
        int count = body.read(buffer);
        while (count >= 0 && left > 0) {
            left -= count;
            count = body.read(buffer);
        }
        return count < 0;
    }

    private void refuse(int status, String reason, String message, boolean last) throws IOException {
        Reply.refuse(out, status, reason, message, last, head.method().equals("HEAD"));
    }

    private boolean over(Lane lane) throws IOException, InterruptedException {
        Upload upload = new Upload(lane);
        boolean whole = false;
        try {
            if (head.expectsContinue() && head.hasBody()) {
                out.write(RequestHead.bytes("HTTP/1.1 100 Continue\r\n\r\n"));
                out.flush();
            }
            if (!head.hasBody()) {
                lane.send(Frame.END);
                upload.done = true;
            }
            Thread uploading = Thread.ofVirtual().name("upload").start(upload);
            Answered answered = answer(lane);
            for (int waited = 0; !upload.done && uploading.isAlive() && waited < UPLOAD_ENDS_MILLIS; waited += 10) {
                uploading.join(10);
            }
            whole = answered != Answered.BROKEN && upload.done;
            return whole && answered == Answered.WHOLE;
        } finally {
            upload.end();
            if (whole) {
                lanes.giveBack(lane);
            } else {
                lane.close();
            }
        }
    }

    private byte[] request() throws IOException {
        ObjectNode request =
                JSON.createObjectNode().put("method", head.method()).put("url", url);
        ArrayNode headers = request.putArray("headers");
        for (Header header : head.forwarded()) {
            headers.addArray().add(header.name()).add(header.value());
        }
        return JSON.writeValueAsBytes(request.put("length", head.length()));
    }

    private enum Answered {
        WHOLE,
        /** Whole, and the last on its connection. */
        LAST,
        BROKEN
    }

    private Answered answer(Lane lane) throws IOException {
        Frame first = lane.next();
        switch (first.kind()) {
            case Frame.ANSWER -> {
                return stream(lane, JSON.readTree(first.content()));
            }
            case Frame.REFUSED -> {
                JsonNode why = JSON.readTree(first.content());
                refuse(
                        why.path("status").asInt(502),
                        why.path("reason").asText("refused"),
                        why.path("message").asText("refused"),
                        !head.keepAlive());
                return head.keepAlive() ? Answered.WHOLE : Answered.LAST;
            }
            default -> {
                refuse(502, "harness_gone", "the harness went away before an answer came", true);
                return Answered.BROKEN;
            }
        }
    }

    private Answered stream(Lane lane, JsonNode answer) throws IOException {
        int status = answer.path("status").asInt();
        if (status < 200 || status > 999) {
            throw new IOException("an answer of status " + status);
        }
        List<Header> headers = headers(answer.path("headers"));
        List<String> lengths = Header.values(headers, "content-length");
        boolean bodiless = head.method().equals("HEAD") || status == 204 || status == 304;
        boolean counted = lengths.size() == 1 && lengths.getFirst().matches("[0-9]{1,18}");
        boolean chunked = !bodiless && !counted && !head.old();
        boolean last = !head.keepAlive() || !bodiless && !counted && !chunked;
        StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " " + Reply.phrase(status) + "\r\n");
        for (Header header : headers) {
            if (counted || !header.is("content-length")) {
                text.append(header.name()).append(": ").append(header.value()).append("\r\n");
            }
        }
        text.append(chunked ? "Transfer-Encoding: chunked\r\n" : "").append(last ? "Connection: close\r\n" : "");
        out.write(RequestHead.bytes(text.append("\r\n").toString()));
        out.flush();
        long left = counted ? Long.parseLong(lengths.getFirst()) : Long.MAX_VALUE;
        while (true) {
            Frame frame = lane.next();
            switch (frame.kind()) {
                case Frame.DATA -> {
                    int length = frame.content().length;
                    if (bodiless || length == 0) {
                        continue;
                    }
                    if (length > left) {
                        throw new IOException("an answer that is longer than it says");
                    }
                    left -= length;
                    if (chunked) {
                        out.write(RequestHead.bytes(Integer.toHexString(length) + "\r\n"));
                    }
                    out.write(frame.content());
                    if (chunked) {
                        out.write(RequestHead.bytes("\r\n"));
                    }
                    out.flush(); // what streams is not held back
                }
                case Frame.END -> {
                    if (counted && !bodiless && left > 0) {
                        throw new IOException("an answer that is shorter than it says");
                    }
                    if (chunked) {
                        out.write(RequestHead.bytes("0\r\n\r\n"));
                    }
                    out.flush();
                    return last ? Answered.LAST : Answered.WHOLE;
                }
                // The client must not take the half for the whole: its connection breaks, too.
                default -> throw new IOException("the answer broke off");
            }
        }
    }

    /** Nothing that could end a line, or a body, in another place than here. */
    private static List<Header> headers(JsonNode json) {
        List<Header> headers = new ArrayList<>();
        for (JsonNode each : json) {
            String name = each.path(0).asText();
            String value = each.path(1).asText();
            boolean clean = RequestHead.token(name)
                    && value.chars().allMatch(c -> c == '\t' || c >= 0x20 && c != 0x7F && c <= 0xFF);
            if (clean && !OF_THE_CONNECTION.contains(name.toLowerCase(Locale.ROOT))) {
                headers.add(new Header(name, value));
            }
        }
        return headers;
    }

    /** Sends the body, then watches whether the client goes away: nobody waits for the answer then. */
    private final class Upload implements Runnable {
        private final Lane lane;
        private volatile boolean done;
        private boolean over;

        Upload(Lane lane) {
            this.lane = lane;
        }

        @Override
        public void run() {
            try {
                if (!done) {
                    send();
                    done = true;
                }
                if (!in.awaitMore()) {
                    abandon();
                }
            } catch (IOException gone) {
                abandon();
            }
        }

        /** From here on the lane is another's. */
        synchronized void end() {
            over = true;
        }

        private synchronized void abandon() {
            if (!over) {
                lane.close();
            }
        }

        private void send() throws IOException {
            RequestBody body = RequestBody.of(head, in);
            byte[] buffer = new byte[Frame.MOST_DATA_BYTES];
            for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
                lane.send(Frame.DATA, buffer, count);
            }
            lane.send(Frame.END);
        }
    }
}
