package io.dormouse.api;

import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.edge.EventStream;
import io.dormouse.edge.Frame;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that are cut off after a random number of bytes, a hundred thousand times in all, while the log grows, and come
 * back with the id of the last event that they have whole. The real route over stores in memory; instead of a socket, the
 * frames' own bytes up to the cut. Over sockets the same is done by {@code ./dormouse bench sse}.
 */
@Timeout(1200)
class DisconnectsTest {
    private static final int READERS = 20;
    private static final int CUTS_OF_EACH = 5_000;
    private static final int MAX_BYTES = 2_000;
    private static final byte[] PING = "event: ping\ndata: {}\n\n".getBytes(StandardCharsets.UTF_8);

    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final ThreadId thread = new SessionId(id).primaryThread();
    private final Brain brain = new Brain(caller, id);
    private final Crowd crowd = new Crowd(caller);
    private final Cuts cuts = new Cuts();

    /** Where cuts fell. */
    private static final class Cuts {
        final AtomicInteger all = new AtomicInteger();
        final AtomicInteger betweenEvents = new AtomicInteger();
        final AtomicInteger inId = new AtomicInteger();
        final AtomicInteger behindId = new AtomicInteger();
        final AtomicInteger inCharacter = new AtomicInteger();
        final AtomicInteger beforeTheEmptyLine = new AtomicInteger();
        final AtomicInteger whileWaiting = new AtomicInteger();

        /** @param rest what came of the event that was cut */
        void fell(byte[] rest, boolean waiting) {
            all.incrementAndGet();
            if (waiting) whileWaiting.incrementAndGet();
            if (rest.length == 0) {
                betweenEvents.incrementAndGet();
                return;
            }
            String text = new String(rest, StandardCharsets.UTF_8);
            if (text.startsWith("id: ") && text.indexOf('\n') < 0) inId.incrementAndGet();
            if (text.matches("id: [0-9.]+\n")) behindId.incrementAndGet();
            if (text.endsWith("}\n")) beforeTheEmptyLine.incrementAndGet();
            if (text.endsWith("\ufffd")) inCharacter.incrementAndGet();
        }
    }

    /** A connection that breaks after so many bytes. */
    private static final class Wire implements EventStream {
        final ByteArrayOutputStream received = new ByteArrayOutputStream();
        final int limit;
        boolean gone;

        Wire(int limit) {
            this.limit = limit;
        }

        private boolean write(byte[] bytes) {
            // What the server wrote after the client had gone is lost.
            int room = Math.min(bytes.length, limit - received.size());
            if (!gone) received.write(bytes, 0, room);
            gone |= received.size() == limit;
            return !gone;
        }

        @Override
        public boolean send(Frame frame) {
            return write(frame.bytes());
        }

        @Override
        public boolean send(String name, String place, JsonNode data) {
            return send(Frame.of(name, place, data));
        }

        @Override
        public boolean ping() {
            return write(PING);
        }

        @Override
        public boolean open() {
            return !gone;
        }
    }

    /** Reads with cuts, as a client of server-sent events does: an event counts when its empty line has come. */
    private List<String> read(int seed) throws Exception {
        Random random = new Random(seed);
        List<String> events = new ArrayList<>();
        String last = "0.0";
        for (int cut = 0; cut < CUTS_OF_EACH; cut++) {
            Wire wire = new Wire(random.nextInt(MAX_BYTES));
            boolean leaves = random.nextInt(8) == 0;
            boolean waiting = false;
            crowd.leaveWhenWaiting(leaves);
            try {
                crowd.stream(id, last, wire);
            } catch (InterruptedException gone) {
                waiting = true;
            }
            byte[] bytes = wire.received.toByteArray();
            int from = 0;
            for (int i = 1; i < bytes.length; i++) {
                if (bytes[i] != '\n' || bytes[i - 1] != '\n') continue;
                String event = new String(bytes, from, i + 1 - from, StandardCharsets.UTF_8);
                from = i + 1;
                if (!event.startsWith("id: ")) continue;
                last = event.substring(4, event.indexOf('\n'));
                events.add(event);
            }
            cuts.fell(Arrays.copyOfRange(bytes, from, bytes.length), waiting);
        }
        return events;
    }

    /** The events of the log as they go over the wire, from the list and not from the stream. */
    private List<String> log() {
        List<String> events = new ArrayList<>();
        String page = "";
        do {
            Caller.Reply reply = caller.ok(caller.get("/v1/sessions/" + id + "/events?limit=1000" + page));
            for (JsonNode event : reply.at("/data")) events.add(Json.text(event));
            page = reply.at("/next_page").isNull() ? null : "&page=" + reply.text("next_page");
        } while (page != null);
        return events;
    }

    @Test
    void a_hundred_thousand_disconnects_lose_repeat_and_reorder_nothing() throws Exception {
        List<Future<List<String>>> reading = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < READERS; i++) {
                int seed = i;
                reading.add(threads.submit(() -> read(seed)));
            }
            // The log grows when everybody waits for it, so that all are at its end all the time.
            for (int turn = 0; ; turn++) {
                long left = reading.stream().filter(each -> !each.isDone()).count();
                if (left == 0) break;
                if (crowd.waiting.get() < left) {
                    Thread.sleep(0, 100_000);
                    continue;
                }
                caller.ok(caller.send(id, says("Frage " + turn + ": äöü 日本語 €")));
                if (turn % 2 == 0) crowd.appended(thread);
                brain.turn("Antwort " + turn + ": " + "größer ".repeat(turn % 30));
                crowd.appended(thread);
            }
        }
        List<String> log = log();
        for (Future<List<String>> each : reading) {
            List<String> read = each.get();
            // Each event of the log once and in its order, as far as this reader came; and whole.
            assertThat(read).hasSizeGreaterThan(1000).hasSizeLessThanOrEqualTo(log.size());
            for (int i = 0; i < read.size(); i++) {
                String data = read.get(i)
                        .substring(read.get(i).indexOf("\ndata: ") + 7)
                        .strip();
                if (!data.equals(log.get(i))) assertThat(data).as("event %d", i).isEqualTo(log.get(i));
            }
        }
        assertThat(cuts.all.get()).isEqualTo(READERS * CUTS_OF_EACH);
        for (AtomicInteger kind : List.of(
                cuts.betweenEvents,
                cuts.inId,
                cuts.behindId,
                cuts.inCharacter,
                cuts.beforeTheEmptyLine,
                cuts.whileWaiting)) assertThat(kind.get()).isGreaterThan(20);
        System.out.printf(
                "%d cuts over %d events: %d between events, %d in an id, %d between id and data, %d in a character,"
                        + " %d before the empty line, %d while waiting%n",
                cuts.all.get(),
                log.size(),
                cuts.betweenEvents.get(),
                cuts.inId.get(),
                cuts.behindId.get(),
                cuts.inCharacter.get(),
                cuts.beforeTheEmptyLine.get(),
                cuts.whileWaiting.get());
    }
}
