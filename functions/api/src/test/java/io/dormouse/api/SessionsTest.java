package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.edge.Answer;
import io.dormouse.edge.RouteTable;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resources;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionsTest {
    private final Caller caller = new Caller();

    private String agent;
    private String environment;

    private Reply create(String more) {
        if (agent == null) agent = caller.agent();
        if (environment == null) environment = caller.environment();
        return caller.post(
                "/v1/sessions", "{'agent':'%s','environment_id':'%s'%s}".formatted(agent, environment, more));
    }

    private String created(String more) {
        return caller.ok(create(more)).text("id");
    }

    private Reply session(String id) {
        return caller.get("/v1/sessions/" + id);
    }

    private Reply update(String id, String body) {
        return caller.post("/v1/sessions/" + id, body);
    }

    private List<String> listed(String query) {
        return ids(caller.ok(caller.get("/v1/sessions" + query)).at("/data"));
    }

    private static List<String> ids(JsonNode data) {
        List<String> ids = new ArrayList<>();
        data.forEach(item -> ids.add(item.path("id").asText()));
        return ids;
    }

    private List<JsonNode> events(String id, String type) {
        List<JsonNode> events = new ArrayList<>();
        caller.ok(caller.get("/v1/sessions/" + id + "/events?types[]=" + type))
                .at("/data")
                .forEach(events::add);
        return events;
    }

    // ---- create

    @Test
    void a_created_session_has_every_field() {
        Reply reply = caller.ok(create(",'title':'t','metadata':{'k':'v'}"));
        ObjectNode expected = json("""
                {'id':'%s','type':'session','agent':{'type':'agent','id':'%s','version':1,'name':'helper','description':null,
                 'model':{'id':'claude-sonnet-5','speed':'standard','effort':{'type':'high'}},'system':null,'tools':[],'mcp_servers':[],
                 'skills':[],'multiagent':null,'execution_identity':{'type':'service_account'}},
                 'environment_id':'%s','status':'idle','title':'t','metadata':{'k':'v'},'resources':[],'vault_ids':[],
                 'deployment_id':null,'budget':null,'outcome_evaluations':[],'stats':{'active_seconds':0.0,'duration_seconds':0.0},
                 'usage':{'input_tokens':0,'output_tokens':0,'cache_read_input_tokens':0,
                  'cache_creation':{'ephemeral_5m_input_tokens':0,'ephemeral_1h_input_tokens':0},
                  'server_tool_use':{'web_search_requests':0,'web_fetch_requests':0},'active_seconds':0.0,
                  'list_cost':{'amount':'0','currency':'USD'}},
                 'created_at':'2026-11-24T10:00:00Z','updated_at':'2026-11-24T10:00:00Z','archived_at':null}""".formatted(reply.text("id"), agent, environment));
        assertThat(reply.body().toPrettyString()).isEqualTo(expected.toPrettyString());
        assertThat(session(reply.text("id")).body()).isEqualTo(reply.body());
        assertThat(caller.get("/v1/sessions").at("/data/0")).isEqualTo(reply.body());
        assertThat(caller.woken).isEmpty();
    }

    @Test
    void an_agent_is_named_by_id_or_version_or_with_overrides() {
        agent = caller.agent();
        caller.ok(caller.post("/v1/agents/" + agent, "{'system':'Two.'}"));
        environment = caller.environment();
        Map<String, String> table = new LinkedHashMap<>();
        table.put("'%s'", "2 Two.");
        table.put("{'type':'agent','id':'%s'}", "2 Two.");
        table.put("{'type':'agent','id':'%s','version':1}", "1 null");
        table.put("{'type':'agent','id':'%s','version':1,'system':'ignored'}", "1 null");
        table.put("{'type':'agent_with_overrides','id':'%s','system':'Mine.'}", "2 Mine.");
        table.put("{'type':'agent_with_overrides','id':'%s','system':null}", "2 null");
        table.forEach((reference, expected) -> {
            Reply reply = caller.ok(caller.post(
                    "/v1/sessions",
                    "{'agent':%s,'environment_id':'%s'}".formatted(reference.formatted(agent), environment)));
            assertThat(reply.at("/agent/version").asText() + " "
                            + reply.at("/agent/system").asText())
                    .as(reference)
                    .isEqualTo(expected);
        });
    }

    @Test
    void what_cannot_be_created_is_refused_and_leaves_nothing() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("{}", "400 agent: is required");
        table.put("{'agent':'agent_1','environment_id':'E'}", "404 No agent agent_1");
        table.put("{'agent':7,'environment_id':'E'}", "400 agent: must be an object");
        table.put("{'agent':{'id':'A'},'environment_id':'E'}", "400 agent.type: is required");
        table.put(
                "{'agent':{'type':'agent','id':'A','version':9},'environment_id':'E'}", "404 Agent A has no version 9");
        table.put("{'agent':'A'}", "400 environment_id: is required");
        table.put("{'agent':'A','environment_id':'env_1'}", "404 No environment env_1");
        table.put("{'agent':'OLD','environment_id':'E'}", "400 agent: OLD is archived");
        table.put("{'agent':'A','environment_id':'GONE'}", "400 environment_id: GONE is archived");
        table.put("{'agent':'A','environment_id':'E','vault_ids':['vlt_1']}", "404 No vault vlt_1");
        table.put(
                "{'agent':'A','environment_id':'E','title':'" + "x".repeat(501) + "'}",
                "400 title: must have at most 500 characters");
        table.put(
                "{'agent':'A','environment_id':'E','metadata':{'k':1}}",
                "400 metadata: the value of k must be a string");
        table.put(
                "{'agent':'A','environment_id':'E','resources':[{'type':'file','file_id':'file_1'}]}",
                "400 resources.0.file_id: there is no file file_1");
        table.put(
                "{'agent':'A','environment_id':'E','initial_events':[{'type':'user.interrupt'}]}",
                "400 initial_events.0.type: must be user.message or user.define_outcome");
        table.put(
                "{'agent':'A','environment_id':'E','initial_events':["
                        + String.join(",", Collections.nCopies(51, says("x"))) + "]}",
                "400 initial_events: must have at most 50 items");
        agent = caller.agent();
        environment = caller.environment();
        String old = caller.agent();
        String gone = caller.environment();
        caller.ok(caller.post("/v1/agents/" + old + "/archive", "{}"));
        caller.ok(caller.post("/v1/environments/" + gone + "/archive", "{}"));
        table.forEach((body, expected) -> {
            Reply reply = caller.post(
                    "/v1/sessions",
                    body.replace("'A'", "'" + agent + "'")
                            .replace("'E'", "'" + environment + "'")
                            .replace("'OLD'", "'" + old + "'")
                            .replace("'GONE'", "'" + gone + "'"));
            assertThat(reply.status() + " " + reply.message())
                    .as(body)
                    .isEqualTo(expected.replace("Agent A ", "Agent " + agent + " ")
                            .replace("OLD", old)
                            .replace("GONE", gone));
        });
        assertThat(listed("")).isEmpty();
        assertThat(caller.woken).isEmpty();
    }

    @Test
    void initial_events_start_work_at_once() {
        Reply reply =
                caller.ok(create(",'initial_events':[" + String.join(",", Collections.nCopies(50, says("x"))) + "]"));
        assertThat(reply.text("status")).isEqualTo("running");
        assertThat(caller.woken).containsExactly(new SessionId(reply.text("id")).primaryThread());
        assertThat(events(reply.text("id"), "user.message")).hasSize(50);
    }

    @Test
    void a_session_keeps_the_agent_that_it_was_made_with() {
        String id = created("");
        caller.ok(caller.post("/v1/agents/" + agent, "{'name':'other'}"));
        caller.ok(caller.post("/v1/agents/" + agent + "/archive", "{}"));
        assertThat(session(id).at("/agent/name").asText()).isEqualTo("helper");
    }

    // ---- list

    @Test
    void a_list_is_filtered() {
        String idle = created("");
        caller.pass(Duration.ofSeconds(1));
        String running = created(",'initial_events':[" + says("x") + "]");
        caller.pass(Duration.ofSeconds(1));
        String archived = created("");
        caller.ok(caller.post("/v1/sessions/" + archived + "/archive", "{}"));
        String firstAgent = agent;
        caller.ok(caller.post("/v1/agents/" + agent, "{'system':'Two.'}"));
        caller.pass(Duration.ofSeconds(1));
        String second = created("");
        agent = caller.agent();
        caller.pass(Duration.ofSeconds(1));
        String other = created("");
        Map<String, List<String>> table = new LinkedHashMap<>();
        table.put("", List.of(other, second, running, idle));
        table.put("?order=asc", List.of(idle, running, second, other));
        table.put("?include_archived=true", List.of(other, second, archived, running, idle));
        table.put("?include_archived=true&statuses[]=terminated", List.of(archived));
        table.put("?statuses[]=terminated", List.of());
        table.put("?statuses[]=running", List.of(running));
        table.put("?statuses%5B%5D=running&statuses%5B%5D=idle&order=asc", List.of(idle, running, second, other));
        table.put("?statuses=rescheduling", List.of());
        table.put("?agent_id=" + firstAgent, List.of(second, running, idle));
        table.put("?agent_id=" + firstAgent + "&agent_version=1", List.of(running, idle));
        table.put("?agent_id=" + firstAgent + "&agent_version=2", List.of(second));
        table.put("?agent_id=nobody", List.of());
        table.put("?created_at[gt]=2026-11-24T10:00:01Z", List.of(other, second));
        table.put("?created_at[gte]=2026-11-24T10:00:01Z", List.of(other, second, running));
        table.put("?created_at%5Blt%5D=2026-11-24T10:00:01Z", List.of(idle));
        table.put("?created_at[lte]=2026-11-24T10:00:01Z&beta=true", List.of(running, idle));
        table.put("?deployment_id=depl_1", List.of());
        table.put("?memory_store_id=memstore_1", List.of());
        table.forEach((query, expected) -> assertThat(listed(query)).as(query).isEqualTo(expected));
        for (String wrong :
                List.of("statuses=sleeping", "order=up", "limit=0", "agent_version=x", "page=x", "include_archived=2"))
            assertThat(caller.get("/v1/sessions?" + wrong).status()).as(wrong).isEqualTo(400);
        caller.workspace = new WorkspaceId("elsewhere");
        assertThat(listed("?include_archived=true")).isEmpty();
    }

    @Test
    void pages_lead_forth_and_back_at_every_limit() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            all.addFirst(created(""));
            caller.pass(Duration.ofMillis(i % 2));
        }
        for (int limit = 1; limit <= 8; limit++) {
            String query = "/v1/sessions?limit=" + limit;
            List<JsonNode> pages = new ArrayList<>();
            String page = "";
            do {
                pages.add(caller.ok(caller.get(query + page)).body());
                page = "&page=" + pages.getLast().path("next_page").asText();
            } while (!pages.getLast().path("next_page").isNull());
            List<String> seen = new ArrayList<>();
            pages.forEach(each -> seen.addAll(ids(each.path("data"))));
            assertThat(seen).isEqualTo(listed("?limit=100")).containsExactlyInAnyOrderElementsOf(all);
            assertThat(pages.getFirst().path("prev_page").isNull()).isTrue();
            for (int i = pages.size() - 1; i > 0; i--)
                assertThat(caller.get(query + "&page="
                                        + pages.get(i).path("prev_page").asText())
                                .at("/data"))
                        .isEqualTo(pages.get(i - 1).path("data"));
        }
    }

    // ---- update

    @Test
    void an_update_changes_what_it_names_and_tells_only_what_changed() {
        String id = created(",'title':'a','metadata':{'k':'v','l':'w'}");
        caller.pass(Duration.ofSeconds(1));
        Reply reply = caller.ok(update(id, "{'title':'b','metadata':{'k':'v','l':null,'m':'x'}}"));
        assertThat(reply.text("title")).isEqualTo("b");
        assertThat(reply.at("/metadata")).isEqualTo(json("{'k':'v','m':'x'}"));
        assertThat(reply.text("updated_at")).isEqualTo("2026-11-24T10:00:01Z");
        new Brain(caller, id).rests();
        assertThat(events(id, "session.updated")).singleElement().satisfies(event -> {
            assertThat(names(event)).containsExactly("id", "type", "title", "metadata", "processed_at");
            assertThat(event.at("/metadata")).isEqualTo(json("{'k':'v','m':'x'}"));
        });
        caller.ok(update(id, "{'metadata':{'n':'y'}}"));
        new Brain(caller, id).rests();
        assertThat(names(events(id, "session.updated").getLast()))
                .containsExactly("id", "type", "metadata", "processed_at");
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void a_title_is_cleared_by_null_and_by_nothing() {
        for (String nothing : List.of("null", "''")) {
            String id = created(",'title':'a'");
            assertThat(caller.ok(update(id, "{'title':" + nothing + "}"))
                            .at("/title")
                            .isNull())
                    .isTrue();
            new Brain(caller, id).rests();
            assertThat(events(id, "session.updated").getFirst().at("/title").isNull())
                    .isTrue();
        }
    }

    @Test
    void an_update_that_changes_nothing_tells_nothing() {
        String id = created(",'title':'a','metadata':{'k':'v'}");
        JsonNode before = session(id).body();
        caller.pass(Duration.ofSeconds(1));
        for (String same : List.of(
                "{}",
                "{'title':'a'}",
                "{'metadata':{'k':'v','gone':null}}",
                "{'metadata':null,'agent':null,'budget':null,'vault_ids':null}",
                "{'agent':{'tools':[],'mcp_servers':[]}}"))
            assertThat(caller.ok(update(id, same)).at("/updated_at")).as(same).isEqualTo(before.at("/updated_at"));
        assertThat(new Brain(caller, id).head().mail()).isEmpty();
        assertThat(caller.woken).isEmpty();
    }

    @Test
    void wrong_updates_are_refused() {
        String id = created("");
        Map<String, String> table = new LinkedHashMap<>();
        table.put("{'title':'" + "x".repeat(501) + "'}", "title: must have at most 500 characters");
        table.put("{'title':7}", "title: must be a string");
        table.put("{'metadata':{'k':7}}", "metadata: the value of k must be a string");
        table.put("{'vault_ids':[]}", "vault_ids: cannot be changed after a session is made");
        table.put(
                "{'agent':{'tools':[{'type':'x'}]}}",
                "agent.tools.0.type: must be one of agent_toolset_20260401, mcp_toolset, custom");
        table.put("{'agent':'agent_1'}", "agent: must be an object");
        table.forEach((body, message) -> {
            Reply reply = update(id, body);
            assertThat(reply.status()).as(body).isEqualTo(400);
            assertThat(reply.message()).as(body).isEqualTo(message);
        });
        assertThat(new Brain(caller, id).head().mail()).isEmpty();
    }

    @Test
    void tools_change_while_a_session_rests_and_not_while_it_runs() {
        String id = created("");
        String tools = "{'agent':{'tools':[{'type':'agent_toolset_20260401'}]}}";
        caller.ok(caller.send(id, says("hi")));
        Brain brain = new Brain(caller, id);
        assertThat(update(id, tools).message())
                .isEqualTo("The session " + id + " is running. Interrupt it, or wait until it is idle.");
        assertThat(update(id, "{'title':'while it runs'}").status()).isEqualTo(200);
        brain.turn("hello");
        assertThat(caller.ok(update(id, tools))
                        .at("/agent/tools/0/default_config/enabled")
                        .asBoolean())
                .isTrue();
        brain.rests();
        JsonNode told = events(id, "session.updated").getLast();
        assertThat(told.at("/agent")).isEqualTo(session(id).at("/agent"));
        assertThat(told.has("title")).isFalse();
        assertThat(session(id).at("/agent/version").asInt()).isEqualTo(1);
    }

    // ---- archive and delete

    @Test
    void an_archived_session_is_terminated_readable_and_closed() {
        String id = created("");
        caller.pass(Duration.ofSeconds(5));
        Reply archived = caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"));
        assertThat(archived.text("status")).isEqualTo("terminated");
        assertThat(archived.text("archived_at")).isEqualTo("2026-11-24T10:00:05Z");
        new Brain(caller, id).rests();
        caller.pass(Duration.ofSeconds(5));
        assertThat(session(id).at("/stats/duration_seconds").asDouble()).isEqualTo(5);
        assertThat(caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"))
                        .at("/archived_at"))
                .isEqualTo(archived.at("/archived_at"));
        assertThat(update(id, "{'title':'x'}").message())
                .isEqualTo("The session " + id + " is archived and cannot be changed");
        assertThat(caller.send(id, says("hi")).message()).isEqualTo("Cannot send events to archived session: " + id);
        assertThat(events(id, "session.status_terminated")).hasSize(1);
        assertThat(events(id, "session.thread_status_terminated")).hasSize(1);
        assertThat(listed("")).isEmpty();
        assertThat(listed("?include_archived=1")).containsExactly(id);
    }

    @Test
    void a_running_session_is_neither_archived_nor_deleted() {
        String id = created(",'initial_events':[" + says("x") + "]");
        String refusal = "The session " + id + " is running. Interrupt it, or wait until it is idle.";
        Brain brain = new Brain(caller, id);
        for (int i = 0; i < 2; i++) {
            for (Reply reply : List.of(
                    caller.post("/v1/sessions/" + id + "/archive", "{}"), caller.delete("/v1/sessions/" + id))) {
                assertThat(reply.status()).isEqualTo(400);
                assertThat(reply.message()).isEqualTo(refusal);
            }
            if (i == 0) brain.claim().tell().beat();
        }
        assertThat(session(id).text("status")).isEqualTo("running");
    }

    @Test
    void a_session_that_waits_for_its_client_may_be_archived() {
        String id = created(",'initial_events':[" + says("x") + "]");
        new Brain(caller, id).claim().tell().asks("sevt_1").settle();
        assertThat(session(id).text("status")).isEqualTo("idle");
        assertThat(caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"))
                        .text("status"))
                .isEqualTo("terminated");
    }

    @Test
    void a_deleted_session_is_gone_everywhere() {
        String id = created("");
        Reply reply = caller.ok(caller.delete("/v1/sessions/" + id));
        assertThat(reply.body()).isEqualTo(json("{'id':'" + id + "','type':'session_deleted'}"));
        String path = "/v1/sessions/" + id;
        String thread = path + "/threads/" + new SessionId(id).primaryThread();
        for (String gone : List.of(
                path,
                path + "/events",
                path + "/events/stream",
                path + "/resources",
                path + "/threads",
                thread,
                thread + "/events",
                thread + "/stream"))
            assertThat(caller.get(gone).status()).as(gone).isEqualTo(404);
        for (String gone : List.of(path, path + "/archive", path + "/resources", thread + "/archive"))
            assertThat(caller.post(gone, "{}").status()).as(gone).isEqualTo(404);
        assertThat(caller.send(id, says("hi")).message()).isEqualTo("No session " + id);
        assertThat(caller.delete(path).status()).isEqualTo(404);
        assertThat(listed("?include_archived=true")).isEmpty();
        assertThat(caller.woken).containsExactly(new SessionId(id).primaryThread());
    }

    @Test
    void another_workspace_does_not_see_a_session() {
        String id = created("");
        caller.workspace = new WorkspaceId("elsewhere");
        assertThat(session(id).status()).isEqualTo(404);
        assertThat(caller.send(id, says("hi")).status()).isEqualTo(404);
        assertThat(caller.delete("/v1/sessions/" + id).status()).isEqualTo(404);
        assertThat(caller.get("/v1/sessions/sesn_0OIl").message()).isEqualTo("No session sesn_0OIl");
    }

    @Test
    void initial_events_that_are_large_together_are_all_kept() {
        String large = says("x".repeat(10_000));
        Reply reply = caller.ok(create(",'initial_events':[" + String.join(",", Collections.nCopies(50, large)) + "]"));
        assertThat(reply.text("status")).isEqualTo("running");
        assertThat(events(reply.text("id"), "user.message")).hasSize(50).allSatisfy(event -> assertThat(
                        event.at("/content/0/text").asText())
                .hasSize(10_000));
    }

    // ---- what a crash leaves

    @Test
    void an_attempt_that_takes_over_goes_on_with_what_the_first_one_stored() {
        agent = caller.agent();
        environment = caller.environment();
        Instant began = caller.now;
        String body =
                "{'agent':'%s','environment_id':'%s','initial_events':[%s]}".formatted(agent, environment, says("hi"));
        caller.ids = new Ids(() -> began, new Random(1));
        RouteTable dying = caller.routes(dying(Heads.class, caller.heads, "create"), caller.log, caller.resources);
        assertThatThrownBy(() -> caller.answer(dying, "POST", "/v1/sessions", json(body)))
                .isInstanceOf(Dead.class);
        assertThat(listed("")).isEmpty();
        caller.pass(Duration.ofMinutes(1));
        caller.ok(caller.post("/v1/agents/" + agent, "{'name':'other'}"));
        caller.ids = new Ids(() -> began, new Random(1));
        Reply reply = caller.ok(caller.post("/v1/sessions", body));
        assertThat(reply.at("/agent/name").asText()).isEqualTo("helper");
        assertThat(session(reply.text("id")).body()).isEqualTo(reply.body());
        Entry first = caller.log
                .read(new SessionId(reply.text("id")).primaryThread(), 0, 1)
                .getFirst();
        assertThat(((Fact.SessionBegan) first.facts().getFirst()).agent()).isEqualTo(reply.at("/agent"));
        assertThat(events(reply.text("id"), "user.message")).hasSize(1);
    }

    @Test
    void an_attempt_that_takes_over_from_a_created_session_answers_it_and_wakes_it() {
        agent = caller.agent();
        environment = caller.environment();
        Instant began = caller.now;
        caller.ids = new Ids(() -> began, new Random(1));
        Reply first = create(",'initial_events':[" + says("hi") + "]");
        caller.ids = new Ids(() -> began, new Random(1));
        caller.woken.clear();
        Reply second = create(",'initial_events':[" + says("hi") + "]");
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(caller.woken).containsExactly(new SessionId(first.text("id")).primaryThread());
        assertThat(events(first.text("id"), "user.message")).hasSize(1);
    }

    /** A process that dies at its next call of this name. */
    private static final class Dead extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static <T> T dying(Class<T> port, T store, String name) {
        return before(port, store, name, () -> {
            throw new Dead();
        });
    }

    /** The store, before whose next call of this name something else happens. */
    static <T> T before(Class<T> port, T store, String name, Runnable what) {
        Deque<Runnable> once = new ArrayDeque<>(List.of(what));
        return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (proxy, method, args) -> {
            if (method.getName().equals(name) && !once.isEmpty()) once.remove().run();
            return method.invoke(store, args);
        }));
    }

    @Test
    void a_version_filters_only_together_with_its_agent() {
        String id = created("");
        assertThat(listed("?agent_version=7")).containsExactly(id);
        assertThat(listed("?agent_version=7&agent_id=" + agent)).isEmpty();
    }

    @Test
    void whoever_is_second_to_archive_is_told_that_it_is_archived() throws Exception {
        String id = created("");
        String path = "/v1/sessions/" + id + "/archive";
        Heads raced = before(Heads.class, caller.heads, "swap", () -> caller.ok(caller.post(path, "{}")));
        Answer answer = caller.answer(caller.routes(raced, caller.log, caller.resources), "POST", path, json("{}"));
        assertThat(((Answer.Json) answer).body().path("status").asText()).isEqualTo("terminated");
    }

    @Test
    void a_deletion_that_was_cut_off_is_brought_to_its_end_by_the_next() {
        String id = created("");
        RouteTable dying = caller.routes(caller.heads, caller.log, dying(Resources.class, caller.resources, "delete"));
        assertThatThrownBy(() -> caller.answer(dying, "DELETE", "/v1/sessions/" + id, json("{}")))
                .isInstanceOf(Dead.class);
        assertThat(session(id).status()).isEqualTo(404);
        assertThat(caller.woken).isEmpty();
        assertThat(caller.ok(caller.delete("/v1/sessions/" + id)).text("type")).isEqualTo("session_deleted");
        assertThat(caller.woken).hasSize(1);
        assertThat(caller.resources.read(Caller.HERE, SessionFinder.KIND, id)).isEmpty();
        assertThat(caller.delete("/v1/sessions/" + id).status()).isEqualTo(404);
    }

    @Test
    void an_update_is_as_large_as_an_agent_may_be_and_no_larger() {
        String id = created("");
        List<String> tools = new ArrayList<>();
        for (int i = 0; i < 256; i++)
            tools.add("{'type':'custom','name':'t%d','description':'d','input_schema':{'type':'object','x':'%s'}}"
                    .formatted(i, "x".repeat(10_000)));
        Reply reply = update(id, "{'agent':{'tools':[" + String.join(",", tools) + "]}}");
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.message()).isEqualTo("The agent's configuration has more than 2000000 bytes");
    }

    @Test
    void what_the_log_has_told_holds_before_the_head_says_so() {
        for (String what : List.of("get", "archive", "delete", "update")) {
            String id = created(",'initial_events':[" + says("x") + "]");
            new Brain(caller, id).claim().tell().beat().says("done");
            assertThat(events(id, "session.status_idle")).hasSize(1);
            String path = "/v1/sessions/" + id;
            Reply reply =
                    switch (what) {
                        case "get" -> caller.get(path);
                        case "archive" -> caller.post(path + "/archive", "{}");
                        case "delete" -> caller.delete(path);
                        default -> update(id, "{'agent':{'tools':[{'type':'agent_toolset_20260401'}]}}");
                    };
            assertThat(reply.status()).as(what + reply.body()).isEqualTo(200);
            if (what.equals("get")) assertThat(reply.text("status")).isEqualTo("idle");
        }
    }

    @Test
    void a_message_that_waits_keeps_a_session_running_after_its_turn_has_ended() {
        String id = created(",'initial_events':[" + says("x") + "]");
        Brain brain = new Brain(caller, id).claim().tell().beat().says("done");
        caller.ok(caller.send(id, says("and then?")));
        assertThat(session(id).text("status")).isEqualTo("running");
        assertThat(caller.post("/v1/sessions/" + id + "/archive", "{}").status())
                .isEqualTo(400);
        brain.tell().says("nothing").settle();
        assertThat(session(id).text("status")).isEqualTo("idle");
        assertThat(events(id, "agent.message")).hasSize(2);
    }

    @Test
    void of_two_updates_at_a_time_both_hold() throws Exception {
        String id = created("");
        Resources raced = before(
                Resources.class,
                caller.resources,
                "swap",
                () -> caller.ok(update(id, "{'title':'theirs','metadata':{'theirs':'1'}}")));
        caller.answer(
                caller.routes(caller.heads, caller.log, raced),
                "POST",
                "/v1/sessions/" + id,
                json("{'metadata':{'ours':'2'}}"));
        Reply reply = session(id);
        assertThat(reply.text("title")).isEqualTo("theirs");
        assertThat(reply.at("/metadata")).isEqualTo(json("{'theirs':'1','ours':'2'}"));
        new Brain(caller, id).rests();
        assertThat(events(id, "session.updated").getLast().at("/metadata")).isEqualTo(reply.at("/metadata"));
    }
}
