package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.Sha256;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.Refused;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One page of a list of stored documents, asked for by {@code limit}, {@code page}, {@code order} and {@code created_at[…]}.
 * A cursor says where the next page begins, in which order and in which window of creation times. It is good for the list
 * and the workspace that it was made for; limit and filters may change from page to page.
 */
public final class Pages {
    /** How many documents a filter may skip in one request; then the page is cut short and the cursor goes on from there. */
    private static final int MAX_SCANNED = 1000;

    private static final int MORE = 200;
    private static final int MAX_CURSOR = 1024;

    /** Where the documents come from: {@link Resources#list}, or something that answers like it. */
    @FunctionalInterface
    public interface Source {
        List<Resource> list(Resources.Query query);
    }

    private final String scope;
    private final int limit;
    private final boolean ascending;
    private final boolean backwards;
    private final Resources.Place place;
    private final Instant from;
    private final Instant until;

    private Pages(
            String scope,
            int limit,
            boolean ascending,
            boolean backwards,
            Resources.Place place,
            Instant from,
            Instant until) {
        this.scope = scope;
        this.limit = limit;
        this.ascending = ascending;
        this.backwards = backwards;
        this.place = place;
        this.from = from;
        this.until = until;
    }

    /** A list whose order the client does not choose. @param list names it, with the id of what it is a part of */
    public static Pages fixed(Call call, String list, boolean ascending, int defaultLimit, int maxLimit) {
        return of(call, list, null, ascending, defaultLimit, maxLimit);
    }

    /** A list with an {@code order} parameter. */
    public static Pages ordered(Call call, String list, boolean ascending, int defaultLimit, int maxLimit) {
        String order = call.query().oneOf("order", null, List.of("asc", "desc"));
        return of(call, list, order, ascending, defaultLimit, maxLimit);
    }

    /**
     * The page next to a document, which is not on it.
     *
     * @param before whether it is the page before that document, in the order of the list
     */
    public static Pages beside(
            Call call,
            String list,
            Instant createdAt,
            String id,
            boolean before,
            boolean ascending,
            int defaultLimit,
            int maxLimit) {
        int limit = call.query().integer("limit", defaultLimit, 1, maxLimit);
        Resources.Place place = new Resources.Place(createdAt, id);
        return new Pages(call.workspace() + "/" + list, limit, ascending, before, place, null, null);
    }

    private static Pages of(Call call, String list, String order, boolean ascending, int defaultLimit, int maxLimit) {
        Query query = call.query();
        int limit = query.integer("limit", defaultLimit, 1, maxLimit);
        String scope = call.workspace() + "/" + list;
        String cursor = query.text("page");
        if (cursor == null)
            return new Pages(
                    scope,
                    limit,
                    order == null ? ascending : order.equals("asc"),
                    false,
                    null,
                    latest(query.instant("created_at[gte]"), next(query.instant("created_at[gt]"))),
                    earliest(query.instant("created_at[lte]"), previous(query.instant("created_at[lt]"))));
        Pages page = decode(scope, limit, cursor);
        if (order != null && page.ascending != order.equals("asc"))
            throw Refused.invalid("page: the cursor was made for the other order");
        return page;
    }

    /** The answer, {@code {"data":[…],"next_page":…}}. */
    public ObjectNode answer(Source source, String idPrefix, boolean archived, Function<Resource, JsonNode> view) {
        return answer(source, idPrefix, archived, document -> true, view, false);
    }

    /** The answer for a list with filters. @param bothWays whether there is a {@code prev_page} */
    public ObjectNode answer(
            Source source,
            String idPrefix,
            boolean archived,
            Predicate<Resource> wanted,
            Function<Resource, JsonNode> view,
            boolean bothWays) {
        List<Resource> found = new ArrayList<>();
        Resources.Place after = place;
        Resources.Place cutAt = null;
        boolean up = ascending != backwards;
        int scanned = 0;
        while (found.size() <= limit) {
            // A filter that let too little pass is likely to go on so: then ask for more at a time.
            int want = scanned == 0 ? limit + 1 : Math.max(limit + 1, MORE);
            List<Resource> batch = source.list(new Resources.Query(idPrefix, up, after, from, until, archived, want));
            for (Resource document : batch) if (wanted.test(document)) found.add(document);
            if (batch.size() < want) break;
            after = placeOf(batch.getLast());
            scanned += batch.size();
            if (scanned >= MAX_SCANNED && found.size() <= limit) {
                cutAt = after;
                break;
            }
        }
        boolean more = found.size() > limit;
        if (more) found = found.subList(0, limit);
        Resources.Place end = more ? placeOf(found.getLast()) : cutAt;
        if (backwards) Collections.reverse(found);
        ArrayNode data = Json.array();
        for (Resource document : found) data.add(view.apply(document));
        ObjectNode answer = Json.object();
        answer.set("data", data);
        Resources.Place next = !backwards ? end : found.isEmpty() ? null : placeOf(found.getLast());
        Resources.Place previous =
                backwards ? end : place == null || found.isEmpty() ? null : placeOf(found.getFirst());
        answer.put("next_page", next == null ? null : cursor(next, false));
        if (bothWays) answer.put("prev_page", previous == null ? null : cursor(previous, true));
        return answer;
    }

    private static Resources.Place placeOf(Resource document) {
        return new Resources.Place(document.createdAt(), document.id());
    }

    // ---- cursors

    private String cursor(Resources.Place at, boolean towardsStart) {
        ObjectNode cursor = Json.object().put("order", ascending ? "asc" : "desc");
        if (towardsStart) cursor.put("back", true);
        if (from != null) cursor.put("from", from.toString());
        if (until != null) cursor.put("until", until.toString());
        cursor.put("at", at.createdAt().toString()).put("id", at.id());
        cursor.put("check", check(scope, cursor));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(cursor));
    }

    private static Pages decode(String scope, int limit, String text) {
        if (text.length() <= MAX_CURSOR) {
            try {
                byte[] bytes = Base64.getUrlDecoder().decode(text);
                if (Json.MAPPER.readTree(bytes) instanceof ObjectNode cursor
                        && cursor.remove("check") instanceof JsonNode given
                        && given.asText().equals(check(scope, cursor)))
                    return new Pages(
                            scope,
                            limit,
                            cursor.path("order").asText().equals("asc"),
                            cursor.path("back").asBoolean(),
                            new Resources.Place(
                                    Instant.parse(cursor.path("at").asText()),
                                    cursor.path("id").asText()),
                            instant(cursor, "from"),
                            instant(cursor, "until"));
            } catch (IllegalArgumentException | IOException | DateTimeException e) {
                // Refused below, like a cursor of another list.
            }
        }
        throw Refused.invalid("page: is not a cursor of this list");
    }

    /** Not a secret: a forged cursor reaches nothing that the caller could not list anyway. It catches mix-ups. */
    private static String check(String scope, ObjectNode cursor) {
        return Sha256.hex(scope + "\n" + cursor).substring(0, 16);
    }

    private static Instant instant(ObjectNode cursor, String name) {
        String text = Json.textOrNull(cursor, name);
        return text == null ? null : Instant.parse(text);
    }

    // ---- windows: stored times are whole milliseconds, so that "after" is "from the next one on"

    private static Instant next(Instant exclusive) {
        return exclusive == null
                ? null
                : exclusive.truncatedTo(ChronoUnit.MILLIS).plusMillis(1);
    }

    private static Instant previous(Instant exclusive) {
        return exclusive == null ? null : exclusive.minusNanos(1).truncatedTo(ChronoUnit.MILLIS);
    }

    private static Instant latest(Instant a, Instant b) {
        return a == null || b != null && b.isAfter(a) ? b : a;
    }

    private static Instant earliest(Instant a, Instant b) {
        return a == null || b != null && b.isBefore(a) ? b : a;
    }
}
