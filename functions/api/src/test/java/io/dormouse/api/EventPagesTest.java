package io.dormouse.api;

import static io.dormouse.api.Caller.answers;
import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventPagesTest {
    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final Brain brain = new Brain(caller, id);

    private Reply list(String query) {
        return caller.get("/v1/sessions/" + id + "/events" + query);
    }

    private static List<String> field(Reply page, String name) {
        List<String> values = new ArrayList<>();
        page.at("/data").forEach(event -> values.add(event.path(name).asText()));
        return values;
    }

    private List<String> all(String query) {
        return field(caller.ok(list(query)), "id");
    }

    private String sends(String text) {
        return caller.ok(caller.send(id, says(text))).at("/data/0/id").asText();
    }

    private void turns(int count) {
        for (int i = 0; i < count; i++) {
            sends("m" + i);
            caller.pass(Duration.ofSeconds(1));
            brain.turn("r" + i);
        }
    }

    /** All pages; {@code between} happens before each but the first. */
    private List<String> paged(String query, Runnable between) {
        List<String> ids = new ArrayList<>();
        Reply page = caller.ok(list(query));
        ids.addAll(field(page, "id"));
        for (int i = 0; !page.at("/next_page").isNull(); i++) {
            assertThat(i).as("pages without end").isLessThan(500);
            between.run();
            page = caller.ok(list(query + "&page=" + page.text("next_page")));
            ids.addAll(field(page, "id"));
        }
        return ids;
    }

    @Test
    void a_plain_turn_is_told_in_the_documented_order() {
        turns(1);
        Reply page = caller.ok(list(""));
        assertThat(field(page, "type"))
                .containsExactly(
                        "user.message",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "agent.message",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
        assertThat(page.at("/next_page").isNull()).isTrue();
        assertThat(page.at("/data"))
                .allSatisfy(event ->
                        assertThat(event.path("processed_at").isTextual()).isTrue());
        assertThat(all("?order=desc")).isEqualTo(all("?order=asc").reversed());
    }

    @Test
    void a_new_session_has_no_events() {
        assertThat(list("").body().toString()).isEqualTo("{\"data\":[],\"next_page\":null}");
        assertThat(list("?order=desc").body().toString()).isEqualTo("{\"data\":[],\"next_page\":null}");
    }

    @Test
    void types_are_filtered_on_every_page() {
        turns(3);
        for (String order : List.of("&order=asc", "&order=desc"))
            for (int limit = 1; limit < 5; limit++)
                assertThat(paged("?types[]=agent.message&types%5B%5D=user.message&limit=" + limit + order, () -> {}))
                        .isEqualTo(all("?types=agent.message&types=user.message" + order))
                        .hasSize(6);
        assertThat(all("?types=nonsense")).isEmpty();
    }

    @Test
    void wrong_queries_are_refused() {
        turns(1);
        String cursor = list("?limit=1").text("next_page");
        String other = caller.session(",'initial_events':[" + says("x") + "," + says("y") + "]");
        new Brain(caller, other).turn("z");
        String foreign = caller.get("/v1/sessions/" + other + "/events?limit=1").text("next_page");
        Map<String, String> table = new LinkedHashMap<>();
        table.put("?limit=0", "limit: must be an integer between 1 and 1000");
        table.put("?limit=1001", "limit: must be an integer between 1 and 1000");
        table.put("?order=up", "order: must be one of asc, desc");
        table.put(
                "?created_at[gt]=now",
                "created_at[gt]: must be an RFC 3339 timestamp, for example 2026-01-31T09:00:00Z");
        table.put("?order=desc&page=" + cursor, "page: the cursor was made for the other order");
        table.put("?page=" + foreign, "page: is not a cursor of this list");
        for (String garbage : List.of("x", "e30", "%00", "bnVsbA", "W10", "A".repeat(2000)))
            table.put("?page=" + garbage, "page: is not a cursor of this list");
        table.forEach((query, message) -> {
            assertThat(list(query).status()).as(query).isEqualTo(400);
            assertThat(list(query).message()).as(query).isEqualTo(message);
        });
    }

    @Test
    void what_waits_comes_last_and_without_a_time() {
        turns(1);
        String one = sends("one");
        String two = sends("two");
        caller.ok(caller.post("/v1/sessions/" + id, "{'title':'not an event before it is told'}"));
        assertThat(all("").subList(9, 11)).containsExactly(one, two);
        assertThat(list("").at("/data/10/processed_at").isNull()).isTrue();
        assertThat(all("?order=desc").subList(0, 2)).containsExactly(two, one);
        assertThat(all("").size()).isEqualTo(11);
        assertThat(all("?created_at[gte]=2026-01-01T00:00:00Z").size()).isEqualTo(9);
    }

    @Test
    void every_limit_gives_the_same_events() {
        turns(4);
        sends("queued");
        for (String order : List.of("asc", "desc")) {
            List<String> all = all("?order=" + order);
            for (int limit = 1; limit <= all.size() + 1; limit++)
                assertThat(paged("?order=" + order + "&limit=" + limit, () -> {}))
                        .as(order + limit)
                        .isEqualTo(all);
        }
    }

    @Test
    void long_logs_are_read_in_parts() {
        turns(250);
        assertThat(all("")).hasSize(1000);
        assertThat(paged("?limit=1000", () -> {})).hasSize(2250).doesNotHaveDuplicates();
        assertThat(paged("?order=desc&limit=1000", () -> {}))
                .isEqualTo(paged("?limit=1000", () -> {}).reversed());
    }

    @Test
    void mail_that_is_told_on_an_earlier_page_is_not_told_again() {
        sends("hi");
        brain.claim().tell();
        for (String order : List.of("asc", "desc"))
            for (int limit = 1; limit < 6; limit++)
                assertThat(paged("?order=" + order + "&limit=" + limit, () -> {}))
                        .as(order + limit)
                        .isEqualTo(all("?order=" + order))
                        .hasSize(4);
    }

    /** They have no place that a cursor could name, so one page has them all, be its limit less. */
    @Test
    void more_events_wait_than_a_page_holds_and_none_is_lost() {
        turns(1);
        for (int i = 0; i < 5; i++) sends("q" + i);
        for (String order : List.of("asc", "desc"))
            for (int limit = 1; limit <= 15; limit++)
                assertThat(paged("?order=" + order + "&limit=" + limit, () -> {}))
                        .as(order + limit)
                        .isEqualTo(all("?order=" + order))
                        .hasSize(14);
    }

    @Test
    void nothing_is_lost_or_doubled_while_the_log_grows_between_pages() {
        for (String order : List.of("asc", "desc"))
            for (int limit = 1; limit <= 20; limit++) new EventPagesTest().growsBetweenPages(order, limit);
    }

    private void growsBetweenPages(String order, int limit) {
        turns(1);
        List<String> before = all("");
        before.add(sends("a"));
        before.add(sends("b"));
        // Claimed, told without a word to the head, told to the head, and more of it.
        List<Runnable> steps = new ArrayList<>(List.of(
                brain::claim,
                brain::tell,
                () -> sends("c"),
                brain::beat,
                () -> brain.says("r"),
                () -> sends("d"),
                brain::tell,
                brain::beat,
                () -> brain.says("s").settle()));
        List<String> seen = paged("?order=" + order + "&limit=" + limit, () -> {
            if (!steps.isEmpty()) steps.removeFirst().run();
        });
        steps.forEach(Runnable::run);
        assertThat(seen).as(order + limit).doesNotHaveDuplicates().containsAll(before);
        if (order.equals("asc")) assertThat(all("")).as(order + limit).containsSubsequence(seen);
    }

    @Test
    void windows_compare_the_time_that_an_event_shows() {
        sends("go");
        brain.claim().tell().asks("sevt_1").settle();
        caller.pass(Duration.ofSeconds(10));
        String answer =
                caller.ok(caller.send(id, answers("sevt_1"))).at("/data/0/id").asText();
        String received = "2026-11-24T10:00:10Z";
        for (boolean told : List.of(false, true)) {
            caller.pass(Duration.ofSeconds(10));
            if (told) brain.claim().tell().says("thanks").settle();
            for (String order : List.of("&order=asc", "&order=desc")) {
                assertThat(all("?created_at[gte]=" + received + "&created_at[lte]=" + received + order))
                        .as(told + order)
                        .containsExactly(answer);
                assertThat(all("?created_at[gt]=" + received + order))
                        .as(told + order)
                        .doesNotContain(answer);
                assertThat(all("?created_at[lt]=" + received + order))
                        .as(told + order)
                        .doesNotContain(answer);
            }
        }
    }

    @Test
    void a_cursor_keeps_its_window() {
        turns(4);
        String window = "?created_at[gt]=2026-11-24T10:00:01Z&created_at[lte]=2026-11-24T10:00:03Z&limit=9";
        for (String order : List.of("&order=asc", "&order=desc")) {
            Reply first = caller.ok(list(window + order));
            Reply second = caller.ok(list("?limit=100&page=" + first.text("next_page")));
            List<String> both = field(first, "id");
            both.addAll(field(second, "id"));
            assertThat(both)
                    .isEqualTo(all(window.replace("&limit=9", "") + order))
                    .hasSize(18);
        }
    }

    @Test
    void a_cursor_from_beyond_the_end_comes_to_an_end() {
        turns(1);
        for (String order : List.of("asc", "desc")) {
            String forged = Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(Json.object()
                            .put("session", id)
                            .put("order", order)
                            .put("after", "9000000000000000000.0")
                            .<ObjectNode>set("window", Json.object())
                            .toString()
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(all("?page=" + forged)).hasSize(order.equals("asc") ? 0 : 9);
        }
    }
}
