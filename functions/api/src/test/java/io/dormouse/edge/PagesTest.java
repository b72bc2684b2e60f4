package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.wire.Refused;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class PagesTest {
    private static final Instant START = Instant.parse("2026-11-24T10:00:00Z");
    private static final InstantSource CLOCK = InstantSource.fixed(START);
    private static final WorkspaceId HERE = new WorkspaceId("here");
    private final MemoryResources resources = new MemoryResources(CLOCK);

    private void store(int count) {
        for (int i = 0; i < count; i++)
            resources.create(Resource.of(
                    HERE,
                    "thing",
                    String.format("t%04d", i),
                    START.plusMillis(i / 3),
                    Json.object().put("n", i)));
    }

    private static Call call(WorkspaceId workspace, String query) {
        return new Call(
                "req",
                workspace,
                Map.of(),
                Query.parse(query),
                name -> null,
                Json.object(),
                new Ids(CLOCK, new Random(1)),
                null);
    }

    private ObjectNode page(String query, Predicate<Resource> wanted) {
        Call call = call(HERE, query);
        return Pages.ordered(call, "things", false, 20, 1000)
                .answer(q -> resources.list(HERE, "thing", q), "", false, wanted, Resource::body, true);
    }

    private ObjectNode page(String query) {
        return page(query, thing -> true);
    }

    private static List<Integer> numbers(JsonNode page) {
        List<Integer> numbers = new ArrayList<>();
        page.path("data").forEach(item -> numbers.add(item.path("n").asInt()));
        return numbers;
    }

    private static String next(JsonNode page) {
        return Json.textOrNull(page, "next_page");
    }

    private static String previous(JsonNode page) {
        return Json.textOrNull(page, "prev_page");
    }

    @Test
    void pages_follow_each_other_and_lead_back() {
        store(10);
        for (String order : List.of("asc", "desc")) {
            List<List<Integer>> pages = new ArrayList<>();
            List<Integer> all = new ArrayList<>();
            ObjectNode page = page("limit=3&order=" + order);
            assertThat(previous(page)).isNull();
            while (true) {
                pages.add(numbers(page));
                all.addAll(numbers(page));
                if (next(page) == null) break;
                page = page("limit=3&page=" + next(page));
            }
            List<Integer> expected = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
            if (order.equals("desc")) Collections.reverse(expected);
            assertThat(all).isEqualTo(expected);
            assertThat(pages).hasSize(4);
            for (int i = 2; i >= 0; i--) {
                page = page("limit=3&page=" + previous(page));
                assertThat(numbers(page)).isEqualTo(pages.get(i));
                assertThat(next(page)).isNotNull();
            }
            assertThat(previous(page)).isNull();
        }
    }

    @Test
    void the_window_goes_with_the_cursor() {
        store(10);
        String t1 = START.plusMillis(1).toString();
        String t2 = START.plusMillis(2).toString();
        assertThat(numbers(page("order=asc&created_at[gte]=" + t1))).containsExactly(3, 4, 5, 6, 7, 8, 9);
        assertThat(numbers(page("order=asc&created_at[gt]=" + t1))).containsExactly(6, 7, 8, 9);
        assertThat(numbers(page("order=asc&created_at[lt]=" + t2))).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(numbers(page("order=asc&created_at[lte]=" + t1 + "&created_at[gt]=" + START)))
                .containsExactly(3, 4, 5);
        ObjectNode first = page("order=asc&limit=2&created_at[gte]=" + t1 + "&created_at[lt]=" + t2);
        ObjectNode second = page("limit=5&page=" + next(first));
        assertThat(numbers(second)).containsExactly(5);
        assertThat(next(second)).isNull();
    }

    @Test
    void a_filter_that_finds_little_still_comes_to_the_end() {
        store(2500);
        Predicate<Resource> rare = thing -> thing.body().path("n").asInt() % 1200 == 0;
        List<Integer> found = new ArrayList<>();
        int pages = 0;
        for (String cursor = ""; cursor != null; pages++) {
            ObjectNode page = page("limit=10&" + (cursor.isEmpty() ? "order=asc" : "page=" + cursor), rare);
            found.addAll(numbers(page));
            cursor = next(page);
        }
        assertThat(found).containsExactly(0, 1200, 2400);
        assertThat(pages).isBetween(2, 4);
    }

    @Test
    void a_cursor_from_elsewhere_is_refused() {
        store(10);
        String cursor = next(page("limit=3&order=asc"));
        assertThatThrownBy(() -> page("page=" + cursor + "&order=desc"))
                .isInstanceOf(Refused.class)
                .hasMessageContaining("other order");
        Call elsewhere = call(new WorkspaceId("elsewhere"), "page=" + cursor);
        assertThatThrownBy(() -> Pages.ordered(elsewhere, "things", false, 20, 100))
                .isInstanceOf(Refused.class);
        Call other = call(HERE, "page=" + cursor);
        assertThatThrownBy(() -> Pages.fixed(other, "others", false, 20, 100)).isInstanceOf(Refused.class);
        for (String garbage : List.of("x", "e30", "%00", "bnVsbA", cursor + "A", cursor.substring(1), "A".repeat(3000)))
            assertThatThrownBy(() -> page("page=" + garbage))
                    .as(garbage)
                    .isInstanceOf(Refused.class)
                    .hasMessage("page: is not a cursor of this list");
    }
}
