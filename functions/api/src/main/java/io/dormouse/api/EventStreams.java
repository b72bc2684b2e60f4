package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.EventPages.Place;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.EventStream;
import io.dormouse.edge.Frame;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Feed;
import io.dormouse.wire.Refused;
import io.dormouse.wire.WireEvents;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tails a log as server-sent events. Every event of the log has an {@code id:} line with its place; a client that comes
 * back with {@code Last-Event-ID} goes on right behind it, and neither misses nor repeats one. Live deltas have none.
 */
@Singleton
final class EventStreams {
    private static final Duration HEARTBEAT = Duration.ofSeconds(15);
    private static final int MAX_DELTA_TYPES = 100;
    private static final List<String> DELTA_TYPES = List.of("agent.message", "agent.thinking");

    private final SessionLog log;
    private final Tails tails;
    private final Feed feed;
    private final Ids ids;
    private final Frames frames = new Frames();
    private final InstantSource clock;
    private final StreamLimits limits;

    EventStreams(Heads heads, SessionLog log, Feed feed, Ids ids, InstantSource clock, StreamLimits limits) {
        this.log = log;
        this.tails = new Tails(heads, log);
        this.feed = feed;
        this.ids = ids;
        this.clock = clock;
        this.limits = limits;
    }

    Answer stream(Call call, Head head, WireEvents view) {
        List<String> deltas = call.query().texts("event_deltas", DELTA_TYPES);
        if (deltas.size() > MAX_DELTA_TYPES)
            throw Refused.invalid("event_deltas: at most " + MAX_DELTA_TYPES + " values are allowed");
        String lastId = call.header("last-event-id");
        Place resume = lastId == null || lastId.isEmpty() ? null : resumed(lastId, head);
        // Before the answer begins and the log's end is looked for: a client that has the headers may send a message at
        // once, and misses nothing of what comes of it.
        Feed.Watch watch = feed.watch(head.thread(), !deltas.isEmpty());
        try {
            Place after = resume != null ? resume : end(head);
            return new Answer.Stream(out -> {
                try (watch;
                        Tails.Follower follower = tails.follow(head.thread())) {
                    new Tail(follower, view, Set.copyOf(deltas), after, out).follow(watch);
                }
            });
        } catch (RuntimeException e) {
            watch.close();
            throw e;
        }
    }

    private Place end(Head head) {
        long position = EventPages.end(log, head.thread(), head.snapshot().position());
        return new Place(position, Integer.MAX_VALUE);
    }

    private Place resumed(String lastId, Head head) {
        Optional<Place> place = Place.parse(lastId);
        boolean exists = place.isPresent()
                && (place.get().position() == 0
                        || !log.read(head.thread(), place.get().position() - 1, 1)
                                .isEmpty());
        if (!exists) throw Refused.invalid("Last-Event-ID: is not the id of an event of this session");
        return place.get();
    }

    private final class Tail {
        private static final int REMEMBERED = 64;

        private final Tails.Follower follower;
        private final WireEvents view;
        private final Set<String> deltas;
        private final EventStream out;
        private Place after;
        /** Messages that the client has whole: a delta that comes late is of no use to it. */
        private final Deque<String> whole = new ArrayDeque<>();
        /** Messages whose beginning the client has seen. */
        private final Set<String> begun = new HashSet<>();
        /** When the last event went out, or the stream began. */
        private Instant quietSince;
        /** Whether nothing can come but of what a client says, by the last look at the head. */
        private boolean resting;

        Tail(Tails.Follower follower, WireEvents view, Set<String> deltas, Place after, EventStream out) {
            this.follower = follower;
            this.view = view;
            this.deltas = deltas;
            this.after = after;
            this.out = out;
        }

        void follow(Feed.Watch watch) throws InterruptedException {
            // So that the client knows at once that it is heard.
            if (!out.ping()) return;
            Instant began = clock.instant();
            quietSince = began;
            if (!tell(follower.first(after.index() == Integer.MAX_VALUE ? after.position() : after.position() - 1)))
                return;
            while (out.open() && within(limits.life(), began)) {
                boolean goesOn =
                        switch (watch.next(limits.pulse(HEARTBEAT))) {
                            case Feed.News.Appended appended ->
                                tell(follower.since(appended.number(), after.position()));
                            case Feed.News.Passed passed -> tell(follower.glance(passed.number(), after.position()));
                            case Feed.News.Delta delta -> pass(delta.event());
                            // What announces news is not certain; the log is.
                            case Feed.News.Nothing nothing ->
                                out.ping() && tell(follower.later(after.position())) && !rested();
                        };
                if (!goesOn) return;
            }
        }

        private boolean rested() {
            return resting && !within(limits.rest(), quietSince);
        }

        private boolean within(Duration limit, Instant since) {
            return Duration.between(since, clock.instant()).compareTo(limit) < 0;
        }

        /** Sends what the log has. False when the stream is over. */
        private boolean tell(Tails.Seen seen) {
            Tails.Seen page = seen;
            boolean news = false;
            while (true) {
                for (Entry entry : page.entries()) if (!send(entry)) return false;
                news |= !page.entries().isEmpty();
                if (!page.more()) break;
                page = follower.first(after.position());
            }
            resting = !news && page.end() == Tails.End.RESTING;
            if (news) {
                quietSince = clock.instant();
                return true;
            }
            return switch (page.end()) {
                case OPEN, RESTING -> true;
                case COMPLETE -> false;
                case GONE -> {
                    deleted();
                    yield false;
                }
            };
        }

        private boolean send(Entry entry) {
            if (entry.position() < after.position()) return true;
            List<Frame> events = frames.of(view, entry);
            boolean last = false;
            for (int i = 0; i < events.size(); i++) {
                if (entry.position() == after.position() && i <= after.index()) continue;
                Frame event = events.get(i);
                if (!out.send(event)) return false;
                if (DELTA_TYPES.contains(event.name()))
                    remember(event.data().path("id").asText());
                last |= event.name().equals("session.status_terminated");
            }
            after = new Place(entry.position(), Integer.MAX_VALUE);
            return !last;
        }

        private void remember(String id) {
            begun.remove(id);
            whole.add(id);
            if (whole.size() > REMEMBERED) whole.remove();
        }

        private boolean pass(ObjectNode event) {
            boolean start = event.path("type").asText().equals("event_start");
            String id = start
                    ? event.path("event").path("id").asText()
                    : event.path("event_id").asText();
            if (whole.contains(id)) return true;
            if (start) {
                if (!deltas.contains(event.path("event").path("type").asText()) || !begun.add(id)) return true;
            } else if (!begun.contains(id)) {
                return true;
            }
            return out.send(event.path("type").asText(), null, event);
        }

        private void deleted() {
            out.send(
                    "session.deleted",
                    null,
                    Json.object()
                            .put("id", ids.event().text())
                            .put("type", "session.deleted")
                            .put("processed_at", clock.instant().toString()));
        }
    }
}
