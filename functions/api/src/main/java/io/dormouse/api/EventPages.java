package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Call;
import io.dormouse.edge.Query;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.EventId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Lane;
import io.dormouse.session.Posted;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Refused;
import io.dormouse.wire.WireEvents;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Pages over the events of a log. A cursor is the place of the last event that was given: an entry's position and the
 * event's index in it. What waits in the mailbox comes last and has no place yet: one page has all of it, be it more than
 * the limit. A cursor keeps the order and the window of times; limit and types may change from page to page.
 */
@Singleton
final class EventPages {
    static final int MAX_LIMIT = 1000;
    private static final int READ = 200;
    /** Entries that a filter may pass over in one request; then the page is cut and its cursor goes on from there. */
    private static final int MAX_SCANNED = 5000;

    private final Heads heads;
    private final SessionLog log;

    EventPages(Heads heads, SessionLog log) {
        this.heads = heads;
        this.log = log;
    }

    /** Where an event is: in the order of the log. */
    record Place(long position, int index) {
        /** {@code position.index}, as an event stream's {@code id:} has it. Empty if it is not that. */
        static Optional<Place> parse(String text) {
            int dot = text.indexOf('.');
            if (dot < 1 || text.length() > 24) return Optional.empty();
            try {
                Place place =
                        new Place(Long.parseLong(text.substring(0, dot)), Integer.parseInt(text.substring(dot + 1)));
                return place.position < 0 || place.index < -1 ? Optional.empty() : Optional.of(place);
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }

        @Override
        public String toString() {
            return position + "." + index;
        }
    }

    /** A window of times, compared to {@code processed_at}. Each bound may be null. */
    private record Window(Instant after, Instant from, Instant before, Instant until) {
        static Window of(Query query) {
            return new Window(
                    query.instant("created_at[gt]"),
                    query.instant("created_at[gte]"),
                    query.instant("created_at[lt]"),
                    query.instant("created_at[lte]"));
        }

        boolean has(JsonNode processedAt) {
            if (after == null && from == null && before == null && until == null) return true;
            if (!processedAt.isTextual()) return false;
            Instant time = Instant.parse(processedAt.textValue());
            return (after == null || time.isAfter(after))
                    && (from == null || !time.isBefore(from))
                    && (before == null || time.isBefore(before))
                    && (until == null || !time.isAfter(until));
        }
    }

    ObjectNode list(Call call, Head head, WireEvents view) {
        Query query = call.query();
        String order = query.oneOf("order", null, List.of("asc", "desc"));
        Scan scan = new Scan(head.thread(), view, query);
        String cursor = query.text("page");
        if (cursor == null) {
            scan.ascending = !"desc".equals(order);
            scan.window = Window.of(query);
        } else {
            decode(cursor, head, order, scan);
        }
        if (scan.ascending) scan.forwards();
        else scan.backwards(head);
        ObjectNode answer = Json.object();
        answer.set("data", scan.data);
        answer.put("next_page", scan.next == null ? null : encode(head, scan));
        return answer;
    }

    private static String encode(Head head, Scan scan) {
        ObjectNode cursor = Json.object()
                .put("session", head.session().text())
                .put("order", scan.ascending ? "asc" : "desc")
                .put("after", scan.next.toString());
        cursor.set("window", Json.MAPPER.valueToTree(scan.window));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(cursor));
    }

    private static void decode(String text, Head head, String order, Scan scan) {
        Optional<Place> after = Optional.empty();
        JsonNode cursor = Json.object();
        if (text.length() <= 1024) {
            try {
                cursor = Json.MAPPER.readTree(Base64.getUrlDecoder().decode(text));
                after = Place.parse(cursor.path("after").asText());
                scan.window = Json.MAPPER.treeToValue(cursor.path("window"), Window.class);
            } catch (IllegalArgumentException | IOException | DateTimeException e) {
                // Refused below, like a cursor of another list.
            }
        }
        if (after.isEmpty()
                || scan.window == null
                || !cursor.path("session").asText().equals(head.session().text()))
            throw Refused.invalid("page: is not a cursor of this list");
        scan.ascending = cursor.path("order").asText().equals("asc");
        if (order != null && scan.ascending != order.equals("asc"))
            throw Refused.invalid("page: the cursor was made for the other order");
        scan.place = after.get();
    }

    /** The position of the last entry, found from a place that is not far from it. */
    static long end(SessionLog log, ThreadId thread, long from) {
        long end = from;
        List<Entry> page;
        do {
            page = log.read(thread, end, READ);
            end += page.size();
        } while (page.size() == READ);
        return end;
    }

    private final class Scan {
        final ThreadId thread;
        final WireEvents view;
        final int limit;
        final Set<String> types;
        final ArrayNode data = Json.array();
        boolean ascending;
        Window window;
        Place place;
        /** Null when there is nothing after this page. */
        Place next;

        private Place last;

        Scan(ThreadId thread, WireEvents view, Query query) {
            this.thread = thread;
            this.view = view;
            limit = query.integer("limit", MAX_LIMIT, 1, MAX_LIMIT);
            types = new HashSet<>(query.texts("types"));
        }

        private boolean wanted(ObjectNode event) {
            return (types.isEmpty() || types.contains(event.path("type").asText()))
                    && window.has(event.path("processed_at"));
        }

        /** Adds the event, unless the page is full: then it says so, and the page has a successor. */
        private boolean add(ObjectNode event, Place at) {
            if (data.size() >= limit) {
                next = last;
                return false;
            }
            data.add(event);
            last = at;
            return true;
        }

        void forwards() {
            long position = place == null ? 0 : Math.max(0, place.position() - 1);
            for (int scanned = 0; ; scanned += READ) {
                // The mailbox before the log: what moves from one to the other in between is seen twice, and told once.
                Optional<Head> head = heads.read(thread);
                List<Entry> page = log.read(thread, position, READ);
                for (Entry entry : page) if (!add(entry)) return;
                position += page.size();
                if (page.size() < READ) {
                    queued(head, position, new Place(position, Integer.MAX_VALUE));
                    return;
                }
                if (scanned >= MAX_SCANNED) {
                    next = new Place(position, Integer.MAX_VALUE);
                    return;
                }
            }
        }

        private boolean add(Entry entry) {
            List<ObjectNode> events = view.of(entry);
            for (int i = 0; i < events.size(); i++) {
                Place at = new Place(entry.position(), i);
                if (place != null
                        && (at.position() < place.position()
                                || at.position() == place.position() && i <= place.index())) continue;
                if (wanted(events.get(i)) && !add(events.get(i), at)) return false;
            }
            return true;
        }

        void backwards(Head head) {
            Optional<Head> now = heads.read(thread);
            long end = end(log, thread, head.snapshot().position());
            if (place == null) {
                // So that a cursor exists even when the page is full of what has no place yet.
                last = new Place(end + 1, 0);
                queued(now, end, last);
            } else {
                end = Math.min(end, place.position());
            }
            int scanned = 0;
            while (end > 0) {
                int size = (int) Math.min(READ, end);
                List<Entry> page = log.read(thread, end - size, size);
                for (int i = page.size() - 1; i >= 0; i--) if (!addBackwards(page.get(i))) return;
                end -= size;
                scanned += size;
                if (scanned >= MAX_SCANNED && end > 0) {
                    next = new Place(end + 1, 0);
                    return;
                }
            }
        }

        private boolean addBackwards(Entry entry) {
            List<ObjectNode> events = view.of(entry);
            for (int i = events.size() - 1; i >= 0; i--) {
                Place at = new Place(entry.position(), i);
                if (place != null && at.position() == place.position() && i >= place.index()) continue;
                if (wanted(events.get(i)) && !add(events.get(i), at)) return false;
            }
            return true;
        }

        /**
         * Adds the waiting events, all on one page. They have no place, so no cursor points behind them; and most have no
         * time yet, so a window of times has none of those.
         *
         * @param head as it was before the log was read up to {@code end}
         */
        private void queued(Optional<Head> head, long end, Place place) {
            List<Posted> mail = head.map(Head::pending).orElse(List.of());
            if (mail.isEmpty()) return;
            Set<EventId> told = told(head.get().snapshot().position(), end);
            List<ObjectNode> waiting = new ArrayList<>();
            for (Posted posted : ascending ? mail : mail.reversed()) {
                ObjectNode event = view.queued(posted);
                if (posted.input().lane() != Lane.NOTICE
                        && wanted(event)
                        && !told.contains(posted.input().id())) waiting.add(event);
            }
            if (!data.isEmpty() && data.size() + waiting.size() > limit) next = place;
            else data.addAll(waiting);
        }

        /** What came into the log behind the head's back: it is told at its place, on this page or on an earlier one. */
        private Set<EventId> told(long after, long end) {
            Set<EventId> told = new HashSet<>();
            while (after < end) {
                List<Entry> page = log.read(thread, after, (int) Math.min(READ, end - after));
                if (page.isEmpty()) break;
                for (Entry entry : page)
                    entry.inputs().forEach(posted -> told.add(posted.input().id()));
                after += page.size();
            }
            return told;
        }
    }
}
