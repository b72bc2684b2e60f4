package io.dormouse.api;

import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.Caller.Sent;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Feed;
import io.dormouse.wire.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventStreamsTest {
    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final Brain brain = new Brain(caller, id);
    private final String path = "/v1/sessions/" + id + "/events/stream";

    private long appends;

    private void turn(String text) {
        caller.ok(caller.send(id, says("say " + text)));
        brain.turn(text);
    }

    /** The log has grown by this, and the watch says so. */
    private void news(Runnable what) {
        caller.news.add(() -> {
            what.run();
            return new Feed.News.Appended(++appends);
        });
    }

    /** A heartbeat is due, after this. */
    private void silence(Runnable what) {
        caller.news.add(() -> {
            what.run();
            return new Feed.News.Nothing();
        });
    }

    private void delta(ObjectNode event) {
        caller.news.add(() -> new Feed.News.Delta(event));
    }

    private static ObjectNode start(String type, String event) {
        ObjectNode start = Json.object().put("type", "event_start");
        start.putObject("event").put("type", type).put("id", event);
        return start;
    }

    private static ObjectNode text(String event, String text) {
        ObjectNode delta = Json.object().put("type", "event_delta").put("event_id", event);
        delta.putObject("delta").put("type", "content_delta").put("text", text);
        return delta;
    }

    private List<JsonNode> listed() {
        List<JsonNode> events = new ArrayList<>();
        caller.get("/v1/sessions/" + id + "/events").at("/data").forEach(events::add);
        return events;
    }

    private List<Sent> from(String lastId) {
        caller.headers.put("last-event-id", lastId);
        return caller.stream(path);
    }

    private static List<String> types(List<Sent> sent) {
        return sent.stream().map(Sent::type).toList();
    }

    @Test
    void a_stream_says_hello_and_tells_what_comes_after_it_began() {
        turn("before");
        int before = listed().size();
        news(() -> turn("after"));
        List<Sent> sent = caller.streamWithPings(path);
        assertThat(sent.getFirst().name()).isEqualTo("ping");
        assertThat(sent.stream().skip(1).map(Sent::data).toList()).isEqualTo(listed().subList(before, listed().size()));
    }

    @Test
    void events_are_named_by_their_type_unless_an_official_client_would_drop_that() {
        turn("x");
        for (Sent event : from("0.0"))
            assertThat(event.name()).isEqualTo(event.type().equals("session.usage") ? "message" : event.type());
    }

    @Test
    void every_place_leads_to_exactly_the_rest() {
        turn("one");
        turn("two");
        List<Sent> all = from("0.0");
        assertThat(all.stream().map(Sent::data).toList()).isEqualTo(listed());
        for (int i = 0; i < all.size(); i++)
            assertThat(from(all.get(i).id())).as(all.get(i).id()).isEqualTo(all.subList(i + 1, all.size()));
    }

    @Test
    void places_that_are_none_are_refused() {
        turn("one");
        for (String wrong : List.of("99.0", "9223372036854775807.0", "x", "1", ".", "1.", "-1.0", "sevt_1", "1.1.1"))
            assertThatThrownBy(() -> from(wrong))
                    .as(wrong)
                    .isInstanceOf(Refused.class)
                    .hasMessage("Last-Event-ID: is not the id of an event of this session");
    }

    @Test
    void only_the_wished_deltas_are_told_and_none_without_its_beginning() {
        delta(start("agent.message", "sevt_a"));
        delta(start("agent.message", "sevt_a"));
        delta(text("sevt_a", "he"));
        delta(start("agent.thinking", "sevt_t"));
        delta(text("sevt_b", "lost beginning"));
        var deltas = new ArrayList<>(caller.news);
        assertThat(types(caller.stream(path + "?event_deltas[]=agent.message")))
                .containsExactly("event_start", "event_delta");
        caller.news.addAll(deltas);
        assertThat(types(caller.stream(path + "?event_deltas=agent.thinking"))).containsExactly("event_start");
        caller.news.addAll(deltas);
        assertThat(types(caller.stream(path + "?event_deltas=agent.thinking&event_deltas%5B%5D=agent.message")))
                .containsExactly("event_start", "event_delta", "event_start");
        caller.news.addAll(deltas);
        assertThat(caller.stream(path)).isEmpty();
        String hundred = String.join("&", Collections.nCopies(101, "event_deltas=agent.message"));
        for (String wrong : List.of("event_deltas=agent.tool_use", hundred))
            assertThat(caller.get("/v1/sessions/" + id + "/events/stream?" + wrong)
                            .status())
                    .isEqualTo(400);
    }

    @Test
    void no_delta_comes_after_its_message() {
        caller.ok(caller.send(id, says("hi")));
        brain.claim().tell();
        List<String> message = new ArrayList<>();
        news(() -> {
            brain.says("hello");
            for (JsonNode event : listed())
                if (event.path("type").asText().equals("agent.message"))
                    message.add(event.path("id").asText());
        });
        caller.news.add(() -> new Feed.News.Delta(start("agent.message", message.getFirst())));
        caller.news.add(() -> new Feed.News.Delta(text(message.getFirst(), "late")));
        assertThat(types(caller.stream(path + "?event_deltas=agent.message")))
                .contains("agent.message")
                .doesNotContain("event_start", "event_delta");
    }

    @Test
    void the_end_of_a_session_ends_its_stream() {
        news(() -> {
            caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"));
            brain.rests();
        });
        news(() -> {
            throw new AssertionError("still listening");
        });
        assertThat(types(caller.stream(path)))
                .containsExactly("session.status_terminated", "session.thread_status_terminated");
    }

    @Test
    void a_deleted_session_says_so_and_ends_its_stream() {
        news(() -> caller.ok(caller.delete("/v1/sessions/" + id)));
        news(() -> {
            throw new AssertionError("still listening");
        });
        List<Sent> sent = caller.stream(path);
        assertThat(types(sent)).containsExactly("session.deleted");
        assertThat(sent.getFirst().id()).isNull();
        assertThat(sent.getFirst().data().path("id").asText()).startsWith("sevt_");
        assertThat(sent.getFirst().data().path("processed_at").isTextual()).isTrue();
    }

    @Test
    void news_cost_one_read_of_the_log() throws Exception {
        turn("one");
        List<Long> reads = new ArrayList<>();
        SessionLog counted = new SessionLog() {
            @Override
            public Appended append(ThreadId thread, Entry entry) {
                return caller.log.append(thread, entry);
            }

            @Override
            public List<Entry> read(ThreadId thread, long after, int limit) {
                reads.add(after);
                return caller.log.read(thread, after, limit);
            }

            @Override
            public void drop(ThreadId thread) {
                caller.log.drop(thread);
            }
        };
        for (int i = 0; i < 5; i++) news(() -> turn("more"));
        caller.stream(caller.routes(caller.heads, counted, caller.resources), path);
        // The end is looked for, then caught up with, and then each news is one read from where the last one ended.
        assertThat(reads).hasSize(7).isSorted();
        assertThat(caller.log.read(new SessionId(id).primaryThread(), 0, 100).size())
                .isGreaterThan(6);
    }

    @Test
    void what_nobody_announced_is_told_at_the_next_heartbeat() {
        silence(() -> turn("unannounced"));
        assertThat(types(caller.stream(path))).contains("agent.message");
    }

    @Test
    void a_stream_of_a_session_that_has_ended_ends_at_once() {
        caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"));
        silence(() -> {});
        news(brain::rests);
        assertThat(types(caller.stream(path))).startsWith("session.status_terminated");
        news(() -> {
            throw new AssertionError("still listening");
        });
        assertThat(caller.stream(path)).isEmpty();
    }

    // ---- where a stream's time is billed

    private static final StreamLimits BILLED = new StreamLimits(Duration.ofMinutes(14), Duration.ofSeconds(20));

    private List<Sent> billed() {
        caller.limits = BILLED;
        return caller.stream(caller.routes(caller.heads, caller.log, caller.resources), path);
    }

    /** Heartbeats go by. */
    private void silence(Duration... each) {
        for (Duration time : each) silence(() -> caller.pass(time));
    }

    private void over() {
        news(() -> {
            throw new AssertionError("still listening");
        });
    }

    /** Who comes here is still listened to. */
    private void message(String text) {
        silence(() -> turn(text));
    }

    @Test
    void a_stream_of_a_session_at_rest_ends_when_nothing_has_come_for_a_while() {
        turn("before");
        silence(Duration.ofSeconds(19));
        message("first");
        silence(Duration.ofSeconds(10), Duration.ofSeconds(9));
        message("second");
        silence(Duration.ofSeconds(19), Duration.ofSeconds(1));
        over();
        assertThat(types(billed())).filteredOn("agent.message"::equals).hasSize(2);
    }

    @Test
    void a_session_whose_budget_is_spent_is_at_rest() {
        String spending = caller.session(",'budget':{'type':'limit','max_list_cost':{'amount':'50','currency':'USD'}}");
        caller.ok(caller.send(spending, says("hi")));
        new Brain(caller, spending).stops();
        silence(Duration.ofSeconds(20));
        over();
        caller.limits = BILLED;
        assertThat(caller.stream(
                        caller.routes(caller.heads, caller.log, caller.resources),
                        "/v1/sessions/" + spending + "/events/stream"))
                .allMatch(sent -> sent.name().equals("ping"));
    }

    @Test
    void a_stream_goes_on_while_the_session_owes_something_or_waits_for_an_answer() {
        caller.ok(caller.send(id, says("think")));
        silence(Duration.ofMinutes(2));
        silence(() -> brain.claim().tell());
        silence(Duration.ofMinutes(2));
        silence(() -> brain.asks("sevt_2").settle());
        silence(Duration.ofMinutes(2));
        silence(
                () -> caller.ok(
                        caller.send(
                                id,
                                "{'type':'user.custom_tool_result','custom_tool_use_id':'sevt_2','content':[{'type':'text','text':'x'}]}")));
        silence(Duration.ofMinutes(2));
        silence(() -> brain.claim().tell().says("done").settle());
        assertThat(types(billed())).contains("agent.custom_tool_use", "agent.message");
    }

    @Test
    void no_stream_outlives_its_function() {
        caller.ok(caller.send(id, says("think")));
        silence(Duration.ofMinutes(10), Duration.ofMinutes(3));
        silence(() -> brain.claim().tell());
        silence(Duration.ofMinutes(1));
        over();
        assertThat(types(billed())).contains("session.status_running");
    }
}
