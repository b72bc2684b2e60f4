package io.dormouse.api;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.EventPages.Place;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Query;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * {@code /v1/sessions/{id}/facts}, an extension: what a session's log says, as it is stored, in its order; among it what no
 * public event tells, as each use of a credential. {@code types} filters, {@code limit} (100, at most 1,000) and {@code page}
 * go through it; a page is shorter when its facts are large, or the filter passes over many.
 */
@Singleton
public final class Facts {
    static final int MAX_PAGE_BYTES = 4 * 1024 * 1024;
    private static final int MAX_SCANNED = 5000;
    private static final int READ = 100;
    private static final List<String> TYPES = Arrays.stream(
                    Fact.class.getAnnotation(JsonSubTypes.class).value())
            .map(JsonSubTypes.Type::name)
            .toList();

    private final SessionFinder finder;
    private final SessionLog log;

    Facts(SessionFinder finder, SessionLog log) {
        this.finder = finder;
        this.log = log;
    }

    public Answer list(Call call) {
        Query query = call.query();
        int limit = query.integer("limit", 100, 1, 1000);
        Set<String> types = new HashSet<>(query.texts("types", TYPES));
        Page page = new Page(limit, types, place(query.text("page")));
        page.fill(finder.head(call).thread());
        ObjectNode answer = Json.object();
        answer.set("data", page.data);
        return Answer.ok(answer.put("next_page", page.next == null ? null : page.next.toString()));
    }

    private static Place place(String cursor) {
        if (cursor == null) return new Place(0, 0);
        return Place.parse(cursor).orElseThrow(() -> Refused.invalid("page: is not a cursor of this list"));
    }

    private final class Page {
        final ArrayNode data = Json.array();
        /** Null when there is nothing after this page. */
        Place next;

        private final int limit;
        private final Set<String> types;
        private final Place after;
        private long bytes;

        Page(int limit, Set<String> types, Place after) {
            this.limit = limit;
            this.types = types;
            this.after = after;
        }

        void fill(ThreadId thread) {
            long position = Math.max(0, after.position() - 1);
            for (int scanned = 0; scanned < MAX_SCANNED; scanned += READ) {
                List<Entry> entries = log.read(thread, position, READ);
                for (Entry entry : entries) if (!add(entry)) return;
                if (entries.size() < READ) return;
                position += entries.size();
            }
            next = new Place(position, Integer.MAX_VALUE);
        }

        /** @return whether there is room for more */
        private boolean add(Entry entry) {
            List<Fact> facts = entry.facts();
            for (int i = 0; i < facts.size(); i++) {
                if (entry.position() == after.position() && i <= after.index()) continue;
                ObjectNode fact = Json.MAPPER.valueToTree(facts.get(i));
                String type = fact.remove("fact").textValue();
                if (!types.isEmpty() && !types.contains(type)) continue;
                long size = Json.bytes(fact).length;
                if (data.size() == limit || bytes > 0 && bytes + size > MAX_PAGE_BYTES) {
                    next = before(entry.position(), i);
                    return false;
                }
                bytes += size;
                Place place = new Place(entry.position(), i);
                ObjectNode told = Json.object().put("id", place.toString()).put("type", type);
                told.put("epoch", entry.epoch()).put("created_at", entry.time().toString());
                told.set("fact", fact);
                data.add(told);
            }
            return true;
        }

        private static Place before(long position, int index) {
            return index > 0 ? new Place(position, index - 1) : new Place(position - 1, Integer.MAX_VALUE);
        }
    }
}
