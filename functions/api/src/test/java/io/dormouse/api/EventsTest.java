package io.dormouse.api;

import static io.dormouse.api.Caller.answers;
import static io.dormouse.api.Caller.json;
import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.edge.Answer;
import io.dormouse.edge.RouteTable;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resources;
import io.dormouse.session.SessionLog;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EventsTest {
    private static final String INTERRUPT = "{'type':'user.interrupt'}";

    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final Brain brain = new Brain(caller, id);

    private Reply send(String... events) {
        return caller.send(id, events);
    }

    private static String system(String text) {
        return "{'type':'system.message','content':[{'type':'text','text':'" + text + "'}]}";
    }

    private static String allows(String question) {
        return "{'type':'user.tool_confirmation','tool_use_id':'" + question + "','result':'allow'}";
    }

    private List<String> texts(String type) {
        List<String> texts = new ArrayList<>();
        caller.ok(caller.get("/v1/sessions/" + id + "/events?types=" + type))
                .at("/data")
                .forEach(event -> texts.add(event.at("/content/0/text").asText()));
        return texts;
    }

    /** The session asks its client these questions, and the head says so. */
    private void asks(String... questions) {
        caller.ok(send(says("go")));
        brain.claim().tell().asks(questions).settle();
    }

    // ---- what is sent, and its echo

    @Test
    void events_are_echoed_whole_and_in_their_order() {
        asks("sevt_ask1", "sevt_2");
        Reply reply = caller.ok(send(
                "{'type':'user.tool_confirmation','tool_use_id':'sevt_ask1','result':'deny','deny_message':'use rg'}",
                "{'type':'user.custom_tool_result','custom_tool_use_id':'sevt_2','content':[{'type':'search_result','source':'s','title':'t','content':[{'type':'text','text':'x'}]}],'is_error':true}",
                INTERRUPT,
                "{'type':'user.message','content':[{'type':'text','text':'hi','extra':1},{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}},"
                        + "{'type':'document','title':'d','source':{'type':'text','data':'x'}}]}"));
        JsonNode data = reply.at("/data");
        List<String> ids = new ArrayList<>();
        data.forEach(event -> ids.add(event.path("id").asText()));
        assertThat(ids).doesNotHaveDuplicates().allSatisfy(each -> assertThat(each)
                .startsWith("sevt_"));
        assertThat(data)
                .isEqualTo(
                        json(("{'data':[{'id':'%s','type':'user.tool_confirmation','tool_use_id':'sevt_ask1','result':'deny','deny_message':'use rg','processed_at':null},"
                                                + "{'id':'%s','type':'user.custom_tool_result','custom_tool_use_id':'sevt_2','content':[{'type':'search_result','source':'s','title':'t',"
                                                + "'content':[{'type':'text','text':'x'}],'citations':{'enabled':false}}],'is_error':true,'processed_at':'2026-11-24T10:00:00Z'},"
                                                + "{'id':'%s','type':'user.interrupt','processed_at':null},"
                                                + "{'id':'%s','type':'user.message','content':[{'type':'text','text':'hi'},{'type':'image','source':{'type':'base64','media_type':'image/png','data':'AAAA'}},"
                                                + "{'type':'document','source':{'type':'text','media_type':'text/plain','data':'x'},'title':'d'}],'processed_at':null}]}")
                                        .formatted(ids.toArray()))
                                .get("data"));
        assertThat(caller.woken).contains(new SessionId(id).primaryThread());
    }

    @Test
    void sending_starts_work_before_it_is_answered() {
        caller.ok(send(says("hi")));
        assertThat(caller.get("/v1/sessions/" + id).text("status")).isEqualTo("running");
    }

    @Test
    void a_message_to_a_session_at_rest_reads_its_head_and_swaps_it_and_asks_the_stores_for_nothing_else()
            throws Exception {
        List<String> asked = new ArrayList<>();
        RouteTable counted = caller.routes(
                overheard(Heads.class, caller.heads, asked),
                overheard(SessionLog.class, caller.log, asked),
                overheard(Resources.class, caller.resources, asked));
        caller.answer(counted, "POST", "/v1/sessions/" + id + "/events", json("{'events':[" + says("hi") + "]}"));
        assertThat(asked).containsExactly("Heads.read", "Heads.swap");
    }

    private static <T> T overheard(Class<T> port, T store, List<String> asked) {
        return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, args) -> {
            asked.add(port.getSimpleName() + "." + method.getName());
            return method.invoke(store, args);
        }));
    }

    @Test
    void an_event_keeps_its_id_and_gets_its_time_when_it_is_processed() {
        JsonNode echo = caller.ok(send(says("hi"))).at("/data/0");
        assertThat(caller.get("/v1/sessions/" + id + "/events").at("/data/0")).isEqualTo(echo);
        caller.pass(Duration.ofSeconds(1));
        brain.turn("hello");
        JsonNode told = caller.get("/v1/sessions/" + id + "/events").at("/data/0");
        assertThat(told.path("id")).isEqualTo(echo.path("id"));
        assertThat(told.path("processed_at").asText()).isEqualTo("2026-11-24T10:00:01Z");
    }

    @Test
    void wrong_events_are_refused_with_their_path() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("", "events: must have at least one event");
        table.put("{}", "events.0.type: is required");
        table.put("7", "events.0: must be an object");
        table.put(
                "{'type':'agent.message'}",
                "events.0.type: must be one of user.message, user.interrupt, user.tool_confirmation, user.custom_tool_result, system.message");
        table.put(
                "{'type':'user.define_outcome'}",
                "events.0.type: user.define_outcome is not supported by this server yet");
        table.put("{'type':'user.tool_result'}", "events.0.type: user.tool_result is not supported by this server yet");
        table.put("{'type':'user.message'}", "events.0.content: must have at least one block");
        table.put("{'type':'user.message','content':'hi'}", "events.0.content: must be a list");
        table.put(
                says("x") + ",{'type':'user.message','content':[{'type':'text','text':''}]}",
                "events.1.content.0.text: must not be empty");
        table.put(
                "{'type':'user.message','content':[{'type':'search_result'}]}",
                "events.0.content.0.type: search_result is for tool results only");
        table.put(
                "{'type':'user.message','content':[{'type':'image','source':{'type':'base64','media_type':'image/bmp','data':'AAAA'}}]}",
                "events.0.content.0.source.media_type: must be one of image/jpeg, image/png, image/gif, image/webp");
        table.put(
                "{'type':'user.message','content':[{'type':'image','source':{'type':'base64','media_type':'image/png','data':'A'}}]}",
                "events.0.content.0.source.data: must be base64");
        table.put(
                "{'type':'user.message','content':[{'type':'image','source':{'type':'url','url':'ftp://x'}}]}",
                "events.0.content.0.source.url: must be an http or https URL");
        table.put(
                "{'type':'user.message','content':[{'type':'document','source':{'type':'file','file_id':'file_1'}}]}",
                "events.0.content.0.source.file_id: there is no file file_1");
        table.put(
                "{'type':'user.tool_confirmation','tool_use_id':'sevt_1','result':'maybe'}",
                "events.0.result: must be one of allow, deny");
        table.put(
                "{'type':'user.tool_confirmation','tool_use_id':'sevt_1','result':'allow','deny_message':'x'}",
                "events.0.deny_message: goes with result deny only");
        table.put("{'type':'user.custom_tool_result'}", "events.0.custom_tool_use_id: is required");
        table.put(
                "{'type':'user.interrupt','session_thread_id':'sthr_1'}",
                "events.0.session_thread_id: this session has no thread sthr_1");
        table.put(String.join(",", Collections.nCopies(101, says("x"))), "events: must have at most 100 items");
        String place = "type: system.message must be the last event, right after a user.message or a tool result";
        table.put(system("x"), "events.0." + place);
        table.put(system("x") + "," + says("x"), "events.0." + place);
        table.put(INTERRUPT + "," + system("x"), "events.1." + place);
        table.put(says("x") + "," + system("x") + "," + system("y"), "events.1." + place);
        table.put(
                says("x") + ",{'type':'system.message','content':[]}",
                "events.1.content: must have 1 to 1000 text blocks");
        table.put(
                says("x") + ",{'type':'system.message','content':[{'type':'image'}]}",
                "events.1.content.0.type: must be one of text");
        table.forEach((events, message) -> {
            Reply reply = send(events);
            assertThat(reply.status()).as(events).isEqualTo(400);
            assertThat(reply.message()).as(events).isEqualTo(message);
        });
        assertThat(caller.post("/v1/sessions/" + id + "/events", "{}").message())
                .isEqualTo("events: must have at least one event");
        assertThat(brain.head().version()).isEqualTo(1);
        assertThat(caller.woken).isEmpty();
    }

    @Test
    void a_batch_is_taken_whole_or_not_at_all() {
        assertThat(send(says("x"), allows("sevt_1")).status()).isEqualTo(400);
        assertThat(brain.head().mail()).isEmpty();
    }

    @Test
    void the_primary_thread_may_be_interrupted_by_its_name() {
        String thread = new SessionId(id).primaryThread().text();
        caller.ok(send("{'type':'user.interrupt','session_thread_id':'" + thread + "'}"));
        caller.ok(send("{'type':'user.interrupt','session_thread_id':null}"));
    }

    // ---- questions and answers

    @Test
    void a_message_is_refused_while_answers_are_awaited() {
        asks("sevt_2", "sevt_ask1");
        Reply reply = send(says("hello?"));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.at("/error/type").asText()).isEqualTo("invalid_request_error");
        assertThat(reply.message())
                .isEqualTo(
                        "This session is waiting on responses to events sevt_2, sevt_ask1. Send user.tool_confirmation,"
                                + " user.custom_tool_result, user.tool_result or user.interrupt first.");
        caller.ok(send(answers("sevt_2")));
        assertThat(send(says("hello?")).message()).contains("waiting on responses to events sevt_ask1.");
        assertThat(caller.get("/v1/sessions/" + id).text("status")).isEqualTo("running");
        caller.ok(send(allows("sevt_ask1"), says("hello?")));
    }

    @Test
    void an_interrupt_lets_the_next_message_in() {
        asks("sevt_2");
        caller.ok(send(INTERRUPT, says("do this instead")));
        brain.turn("done");
        assertThat(texts("agent.message")).containsExactly("done");
        assertThat(send(answers("sevt_2")).message()).isEqualTo("The event sevt_2 is not waiting for a response");
    }

    @Test
    void a_system_message_may_trail_a_tool_result_if_the_model_takes_it() {
        asks("sevt_2", "sevt_3");
        assertThat(caller.ok(send(answers("sevt_2"), system("x"))).at("/data/1"))
                .isEqualTo(caller.get("/v1/sessions/" + id + "/events?types=system.message")
                        .at("/data/0"));
        String older = caller.session(
                ",'agent':{'type':'agent_with_overrides','id':'" + caller.agent() + "','model':'claude-sonnet-4-6'}");
        Reply reply = caller.send(older, says("x"), system("x"));
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.at("/error/details/error_code").asText())
                .isEqualTo("model_does_not_support_mid_conversation_system");
    }

    @Test
    void an_answer_counts_from_the_moment_its_question_is_in_the_log() {
        caller.ok(send(says("go")));
        brain.claim().tell().beat().asks("sevt_2", "sevt_ask1");
        caller.ok(send(answers("sevt_2")));
        caller.ok(send("{'type':'user.tool_confirmation','tool_use_id':'sevt_ask1','result':'deny'}"));
        assertThat(send(answers("sevt_2")).message()).isEqualTo("The event sevt_2 has a response already");
        brain.tell().says("thanks").settle();
        assertThat(texts("agent.message")).containsExactly("thanks");
    }

    private String limited(String tools) {
        String agent = caller.ok(
                        caller.post("/v1/agents", "{'name':'a','model':'claude-sonnet-5','tools':" + tools + "}"))
                .text("id");
        return caller.ok(caller.post(
                        "/v1/sessions",
                        "{'agent':'%s','environment_id':'%s','budget':{'type':'limit','max_list_cost':{'amount':'50','currency':'USD'}}}"
                                .formatted(agent, caller.environment())))
                .text("id");
    }

    private static final String LOOKUP =
            "[{'type':'custom','name':'lookup','description':'d','input_schema':{'type':'object'}}]";

    @Test
    void nothing_new_is_taken_while_a_session_waits_for_its_budget_or_has_spent_it() {
        String stopped = limited("[]");
        caller.ok(caller.send(stopped, says("hi")));
        new Brain(caller, stopped).stops();
        String spent = limited("[]");
        caller.ok(caller.send(spent, says("hi")));
        new Brain(caller, spent).turn(50);
        for (String id : List.of(stopped, spent)) {
            for (String batch : List.of(
                    says("more"),
                    "{'type':'user.interrupt'}," + says("more"),
                    says("more") + ",{'type':'system.message','content':[{'type':'text','text':'x'}]}")) {
                Reply refused = caller.send(id, batch);
                assertThat(refused.status()).as(batch).isEqualTo(400);
                assertThat(refused.message())
                        .contains(
                                "user.tool_confirmation, user.tool_result, user.custom_tool_result and user.interrupt");
            }
            assertThat(new Brain(caller, id).head().mail()).isEmpty();
        }
        assertThat(caller.get("/v1/sessions/" + spent + "/events?types[]=session.status_idle")
                        .at("/data/0/stop_reason/type")
                        .asText())
                .isEqualTo("budget_reached");
    }

    @Test
    void an_interrupt_of_a_turn_that_waits_for_its_budget_is_taken_and_ignored() {
        String id = limited("[]");
        caller.ok(caller.send(id, says("hi")));
        new Brain(caller, id).stops();
        Reply taken = caller.ok(caller.send(id, "{'type':'user.interrupt'}"));
        assertThat(taken.at("/data/0/type").asText()).isEqualTo("user.interrupt");
        assertThat(new Brain(caller, id).head().mail()).isEmpty();
        assertThat(caller.get("/v1/sessions/" + id + "/events?types[]=user.interrupt")
                        .at("/data"))
                .isEmpty();
    }

    @Test
    void answers_are_taken_at_the_end_of_a_budget_and_outrank_it() {
        String id = limited(LOOKUP);
        caller.ok(caller.send(id, says("hi")));
        Brain brain = new Brain(caller, id).claim().tell().asks("sevt_1").settle();
        assertThat(caller.get("/v1/sessions/" + id + "/events?types[]=session.status_idle")
                        .at("/data/0/stop_reason/type")
                        .asText())
                .isEqualTo("requires_action");
        assertThat(caller.send(id, says("more")).message()).contains("waiting on responses to events");
        caller.ok(caller.send(id, "{'type':'user.custom_tool_result','custom_tool_use_id':'sevt_1','content':[]}"));
        brain.stops();
        assertThat(caller.get("/v1/sessions/" + id + "/events?types[]=session.status_idle")
                        .at("/data/1/stop_reason/type")
                        .asText())
                .isEqualTo("budget_reached");
    }

    @Test
    void answers_that_fit_no_question_are_refused() {
        asks("sevt_2", "sevt_ask1", "sevt_3");
        caller.ok(send(answers("sevt_3")));
        Map<String, String> table = new LinkedHashMap<>();
        table.put(answers("sevt_9"), "The event sevt_9 is not waiting for a response");
        table.put(answers("sevt_3"), "The event sevt_3 has a response already");
        table.put(answers("sevt_2") + "," + answers("sevt_2"), "The event sevt_2 has a response already");
        String kinds = " wants the other kind of response: user.tool_confirmation for agent.tool_use,"
                + " user.custom_tool_result for agent.custom_tool_use";
        table.put(answers("sevt_ask1"), "The event sevt_ask1" + kinds);
        table.put(allows("sevt_2"), "The event sevt_2" + kinds);
        table.forEach((events, message) -> {
            Reply reply = send(events);
            assertThat(reply.status()).as(events).isEqualTo(400);
            assertThat(reply.message()).as(events).isEqualTo(message);
        });
    }

    // ---- refusals of the session

    @Test
    void an_archived_session_takes_nothing_not_even_nonsense() {
        caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"));
        for (String events : List.of(says("hi"), INTERRUPT, answers("sevt_1"), "7")) {
            Reply reply = send(events);
            assertThat(reply.status()).isEqualTo(400);
            assertThat(reply.message()).isEqualTo("Cannot send events to archived session: " + id);
        }
    }

    @Test
    void a_full_mailbox_says_so_and_lets_an_interrupt_in() {
        String[] some = Collections.nCopies(100, says("x")).toArray(String[]::new);
        caller.ok(send(some));
        caller.ok(send(some));
        Reply reply = send(says("one more"));
        assertThat(reply.status()).isEqualTo(429);
        assertThat(reply.at("/error/type").asText()).isEqualTo("rate_limit_error");
        assertThat(reply.message())
                .isEqualTo(
                        "Too many events wait to be processed: at most 200 events of a kind, of 98304 bytes in all, wait at a time");
        assertThat(brain.head().mail()).hasSize(Head.MAX_MAIL);
        caller.ok(send(INTERRUPT));
        brain.turn("hello");
        caller.ok(send(says("one more")));
    }

    @Test
    void large_batches_and_large_events_find_room_in_an_empty_mailbox() {
        caller.ok(send(Collections.nCopies(100, says("x".repeat(20_000))).toArray(String[]::new)));
        assertThat(texts("user.message")).hasSize(100).allSatisfy(text -> assertThat(text)
                .hasSize(20_000));
        brain.turn("hello");
        caller.ok(send(says("x".repeat(5_000_000))));
        assertThat(texts("user.message").getLast()).hasSize(5_000_000);
    }

    @Test
    void a_stream_misses_nothing_from_its_headers_on() {
        String session = caller.session("");
        Brain brain = new Brain(caller, session);
        List<Caller.Sent> sent = caller.stream("/v1/sessions/" + session + "/events/stream", () -> {
            caller.send(session, says("hello"));
            brain.turn("hi");
        });
        assertThat(sent)
                .extracting(Caller.Sent::type)
                .startsWith("user.message")
                .endsWith("session.status_idle");
    }

    // ---- the second attempt at one request

    @Test
    void an_attempt_that_takes_over_finds_what_the_first_one_sent_wherever_it_is_by_now() {
        asks("sevt_2");
        for (String where : List.of("mailbox", "both", "log")) {
            caller.firstTriedAt = null;
            Instant began = caller.now;
            caller.ids = new Ids(() -> began, new Random(where.hashCode()));
            JsonNode first = caller.ok(send(INTERRUPT, says(where))).at("/data");
            long sent = brain.head().nextSeq();
            caller.pass(Duration.ofMinutes(2));
            caller.ids = new Ids(() -> caller.now, new Random(where.length()));
            if (where.equals("both")) brain.claim().takeInterrupts().beat();
            if (where.equals("log")) brain.claim().tell().says("hello").settle();
            caller.firstTriedAt = began;
            caller.ids = new Ids(() -> began, new Random(where.hashCode()));
            assertThat(caller.ok(send(INTERRUPT, says(where))).at("/data"))
                    .as(where)
                    .isEqualTo(first);
            assertThat(brain.head().nextSeq()).as(where).isEqualTo(sent);
            caller.ids = new Ids(() -> caller.now, new Random(where.length() + 1000));
            if (!where.equals("log")) brain.claim().tell().says("hello").settle();
        }
        assertThat(texts("user.message")).containsExactly("go", "mailbox", "both", "log");
    }

    @Test
    void an_attempt_that_takes_over_from_one_that_sent_nothing_sends() {
        caller.firstTriedAt = caller.now;
        caller.pass(Duration.ofMinutes(2));
        assertThat(caller.ok(send(says("hi"))).at("/data").size()).isEqualTo(1);
        assertThat(texts("user.message")).containsExactly("hi");
    }

    @Test
    void an_attempt_that_was_taken_for_dead_and_goes_on_sends_nothing_a_second_time() throws Exception {
        for (String where : List.of("mailbox", "log")) {
            Instant began = caller.now;
            caller.firstTriedAt = began;
            List<JsonNode> second = new ArrayList<>();
            Heads slow = new Heads() {
                @Override
                public Swapped swap(Head before, Head after) {
                    if (second.isEmpty()) {
                        // It was frozen here, for longer than anybody waits.
                        caller.pass(Duration.ofMinutes(2));
                        caller.firstAttempt = false;
                        caller.ids = new Ids(() -> began, new Random(where.hashCode()));
                        second.add(caller.ok(send(says(where))).at("/data"));
                        caller.ids = new Ids(() -> caller.now, new Random(where.length()));
                        if (where.equals("log")) brain.turn("hello");
                    }
                    return caller.heads.swap(before, after);
                }

                @Override
                public boolean create(Head head) {
                    return caller.heads.create(head);
                }

                @Override
                public Optional<Head> read(ThreadId thread) {
                    return caller.heads.read(thread);
                }

                @Override
                public List<ThreadId> owing(Instant by, int limit) {
                    return caller.heads.owing(by, limit);
                }
            };
            caller.firstAttempt = true;
            caller.ids = new Ids(() -> began, new Random(where.hashCode()));
            Answer.Json first = (Answer.Json) caller.answer(
                    caller.routes(slow, caller.log, caller.resources),
                    "POST",
                    "/v1/sessions/" + id + "/events",
                    json("{'events':[" + says(where) + "]}"));
            assertThat(Json.parse(Json.text(first.body())).at("/data"))
                    .as(where)
                    .isEqualTo(second.getFirst());
            if (!where.equals("log")) brain.turn("hello");
        }
        assertThat(texts("user.message")).containsExactly("mailbox", "log");
    }
}
