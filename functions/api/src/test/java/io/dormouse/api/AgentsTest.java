package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Fields;
import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AgentsTest {
    private static final String MINIMAL = "{'name':'a','model':'claude-sonnet-5'}";
    private final Caller caller = new Caller();

    private String created(String body) {
        return caller.ok(caller.post("/v1/agents", body)).text("id");
    }

    @Test
    void a_created_agent_spells_out_every_default() {
        Caller.Reply reply = caller.ok(caller.post("/v1/agents", """
                {'name':'helper','model':'claude-sonnet-5','system':'Be brief.','tools':[
                  {'type':'agent_toolset_20260401','configs':[{'name':'bash','permission_policy':{'type':'always_ask'}}]},
                  {'type':'custom','name':'lookup_order','description':'Order status',
                   'input_schema':{'type':'object','properties':{'id':{'type':'string'}},'required':['id']}}]}"""));
        assertThat(reply.text("id")).startsWith("agent_");
        ObjectNode expected = json("""
                {'id':'%s','type':'agent','version':1,'name':'helper','description':null,'system':'Be brief.',
                 'model':{'id':'claude-sonnet-5','speed':'standard','effort':{'type':'high'}},
                 'tools':[{'type':'agent_toolset_20260401','default_config':{'enabled':true,'permission_policy':{'type':'always_allow'}},
                   'configs':[{'type':'bash','name':'bash','enabled':true,'permission_policy':{'type':'always_ask'}}]},
                  {'type':'custom','name':'lookup_order','description':'Order status','input_schema':{'type':'object','properties':{'id':{'type':'string'}},'required':['id']}}],
                 'mcp_servers':[],'skills':[],'multiagent':null,'execution_identity':{'type':'service_account'},'metadata':{},
                 'created_at':'2026-11-24T10:00:00Z','updated_at':'2026-11-24T10:00:00Z','archived_at':null}""".formatted(reply.text("id")));
        assertThat(reply.body()).isEqualTo(expected);
        assertThat(caller.get("/v1/agents/" + reply.text("id")).body()).isEqualTo(expected);
    }

    @Test
    void what_an_agent_shows_can_be_sent_back_and_changes_nothing() {
        String id = created("""
                {'name':'a','model':{'id':'claude-opus-4-8','speed':'fast','effort':'low'},'description':'d','metadata':{'k':'v'},
                 'mcp_servers':[{'type':'url','name':'m','url':'https://m.example/mcp'}],'tools':[
                 {'type':'agent_toolset_20260401','default_config':{'enabled':false},'configs':[
                   {'name':'web_search','enabled':true,'allowed_domains':['a.example'],'user_location':{'city':'Bern'}},
                   {'name':'web_fetch','blocked_domains':[],'max_content_tokens':5,'url_sources':{'user_input':'all',
                     'client_tool_results':{'type':'only','tools':[{'name':'x'}]},'server_tool_results':null}}]},
                 {'type':'mcp_toolset','mcp_server_name':'m','configs':[{'name':'t','permission_policy':{'type':'auto'}}]}]}""");
        JsonNode first = caller.get("/v1/agents/" + id).body();
        assertThat(first.at("/tools/0/configs/1/enabled").asBoolean()).isFalse();
        assertThat(first.at("/tools/0/configs/1/url_sources").toString())
                .isEqualTo(
                        "{\"user_input\":{\"type\":\"all\"},\"client_tool_results\":{\"type\":\"only\",\"tools\":[{\"type\":\"tool_reference\",\"name\":\"x\"}]}}");
        assertThat(first.at("/tools/1/default_config/permission_policy/type").asText())
                .isEqualTo("always_ask");
        caller.pass(Duration.ofSeconds(1));
        assertThat(caller.ok(caller.call("POST", "/v1/agents/" + id, (ObjectNode) first))
                        .body())
                .isEqualTo(first);
    }

    @Test
    void wrong_fields_are_refused_with_their_path() {
        String long257 = "x".repeat(257);
        Map<String, String> table = new LinkedHashMap<>();
        table.put("{}", "name: is required");
        table.put("{'name':'a'}", "model: is required");
        table.put("{'name':'','model':'m'}", "name: must not be empty");
        table.put("{'name':null,'model':'m'}", "name: must not be null");
        table.put("{'name':'" + long257 + "','model':'m'}", "name: must have at most 256 characters");
        table.put("{'name':'a','model':null}", "model: must not be null");
        table.put("{'name':'a','model':7}", "model: must be a model id or an object with one");
        table.put("{'name':'a','model':''}", "model: must not be empty");
        table.put("{'name':'a','model':'a b'}", "model: may have letters, digits and . _ : / @ - + [ ] only");
        table.put("{'name':'a','model':'" + long257 + "'}", "model: must have at most 256 characters");
        table.put("{'name':'a','model':{}}", "model.id: is required");
        table.put(
                "{'name':'a','model':{'id':'m','effort':'huge'}}",
                "model.effort: must be one of low, medium, high, xhigh, max");
        table.put(
                "{'name':'a','model':{'id':'m','effort':{'type':'huge'}}}",
                "model.effort.type: must be one of low, medium, high, xhigh, max");
        table.put(
                "{'name':'a','model':{'id':'claude-haiku-4-5','effort':'low'}}",
                "model.effort: claude-haiku-4-5 does not take an effort");
        table.put("{'name':'a','model':{'id':'m','speed':'slow'}}", "model.speed: must be one of standard, fast");
        table.put(
                "{'name':'a','model':'m','description':'" + "x".repeat(2049) + "'}",
                "description: must have at most 2048 characters");
        table.put(
                "{'name':'a','model':'m','system':'" + "x".repeat(100_001) + "'}",
                "system: must have at most 100000 characters");
        table.put("{'name':'a','model':'m','system':[]}", "system: must be a string");
        table.put(
                "{'name':'a','model':'m','skills':[{'type':'custom','skill_id':'s'}]}",
                "skills: are not supported yet");
        table.put(
                "{'name':'a','model':'m','skills':[{'type':'odd'}]}",
                "skills.0.type: must be one of anthropic, custom");
        table.put(
                "{'name':'a','model':'m','multiagent':{'type':'coordinator','agents':[]}}",
                "multiagent: is not supported yet");
        table.put("{'name':'a','model':'m','multiagent':7}", "multiagent: must be an object");
        table.put(
                "{'name':'a','model':'m','execution_identity':{'type':'aws_role','role_arn':'r'}}",
                "execution_identity.type: aws_role is not supported yet; use service_account");
        table.put("{'name':'a','model':'m','metadata':{'k':1}}", "metadata: the value of k must be a string");
        table.forEach((body, message) -> {
            Caller.Reply reply = caller.post("/v1/agents", body);
            assertThat(reply.status()).as(body).isEqualTo(400);
            assertThat(reply.message()).isEqualTo(message);
        });
    }

    @Test
    void what_lies_at_a_limit_is_accepted() {
        ObjectNode body = json(MINIMAL)
                .put("name", "🐭".repeat(256))
                .put("description", "x".repeat(2048))
                .put("system", "x".repeat(100_000));
        assertThat(caller.call("POST", "/v1/agents", body).status()).isEqualTo(200);
        created(
                "{'name':'a','model':'" + "m".repeat(256)
                        + "','skills':[],'multiagent':null,'tools':null,'mcp_servers':null,'execution_identity':null,'metadata':null,'unknown':{}}");
        created("{'name':'a','model':'arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-x@1[1m]'}");
    }

    @Test
    void an_unknown_model_is_told_no_effort() {
        assertThat(caller.get("/v1/agents/" + created("{'name':'a','model':'other/model'}"))
                        .at("/model")
                        .toString())
                .isEqualTo("{\"id\":\"other/model\",\"speed\":\"standard\"}");
        assertThat(caller.get("/v1/agents/" + created("{'name':'a','model':{'id':'claude-haiku-4-5'}}"))
                        .at("/model/effort")
                        .isMissingNode())
                .isTrue();
    }

    @Test
    void an_update_makes_a_version_only_if_it_changes_something() {
        String path = "/v1/agents/" + created(MINIMAL);
        caller.pass(Duration.ofSeconds(1));
        assertThat(caller.ok(caller.post(path, "{'version':1,'name':'a','metadata':{'no':null}}"))
                        .at("/version")
                        .asInt())
                .isEqualTo(1);
        Caller.Reply second = caller.ok(caller.post(path, "{'version':1,'system':'new','metadata':{'k':'v'}}"));
        assertThat(second.at("/version").asInt()).isEqualTo(2);
        assertThat(second.text("updated_at")).isEqualTo("2026-11-24T10:00:01Z");
        assertThat(caller.ok(caller.post(path, "{'system':'','metadata':{'k':null}}"))
                        .at("/system")
                        .isNull())
                .isTrue();
        assertThat(caller.get(path).at("/version").asInt()).isEqualTo(3);
        assertThat(caller.get(path + "?version=1").at("/system").isNull()).isTrue();
        assertThat(caller.get(path + "?version=2").at("/metadata/k").asText()).isEqualTo("v");
        assertThat(caller.get(path + "?version=3").body())
                .isEqualTo(caller.get(path).body());
        assertThat(caller.get(path + "?version=4").status()).isEqualTo(404);
        assertThat(caller.get(path + "?version=0").status()).isEqualTo(400);
        assertThat(caller.post(path, "{'name':null}").status()).isEqualTo(400);
        assertThat(caller.post(path, "{'model':null}").status()).isEqualTo(400);
    }

    @Test
    void a_stale_version_is_a_permanent_conflict_unless_the_same_update_is_sent_again() {
        String path = "/v1/agents/" + created(MINIMAL);
        caller.ok(caller.post(path, "{'version':1,'system':'new'}"));
        Caller.Reply stale = caller.post(path, "{'version':1,'system':'other'}");
        assertThat(stale.status()).isEqualTo(409);
        assertThat(stale.message()).isEqualTo("version: the agent is at version 2, not 1");
        assertThat(caller.ok(caller.post(path, "{'version':1,'system':'new'}"))
                        .at("/version")
                        .asInt())
                .isEqualTo(2);
        assertThat(caller.post(path, "{'version':3,'system':'other'}").status()).isEqualTo(409);
        assertThat(caller.post(path, "{'version':0}").status()).isEqualTo(400);
    }

    @Test
    void versions_are_listed_newest_first_page_by_page() {
        String path = "/v1/agents/" + created(MINIMAL);
        for (int i = 2; i <= 12; i++) caller.ok(caller.post(path, "{'system':'s" + i + "'}"));
        List<Integer> all = new ArrayList<>();
        String page = "";
        do {
            Caller.Reply reply = caller.ok(caller.get(path + "/versions?limit=5" + page));
            assertThat(reply.body().path("data").size()).isLessThanOrEqualTo(5);
            reply.body()
                    .path("data")
                    .forEach(version -> all.add(version.path("version").asInt()));
            page = reply.body().path("next_page").isNull() ? null : "&page=" + reply.text("next_page");
        } while (page != null);
        assertThat(all).containsExactly(12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
    }

    @Test
    void an_archived_agent_is_read_only_and_hidden() {
        String id = created(MINIMAL);
        String other = created(MINIMAL);
        Caller.Reply archived = caller.ok(caller.post("/v1/agents/" + id + "/archive", "{}"));
        assertThat(archived.text("archived_at")).isEqualTo("2026-11-24T10:00:00Z");
        assertThat(caller.ok(caller.post("/v1/agents/" + id + "/archive", "{}")).body())
                .isEqualTo(archived.body());
        assertThat(caller.post("/v1/agents/" + id, "{'name':'b'}").status()).isEqualTo(400);
        assertThat(caller.get("/v1/agents").body().path("data")).hasSize(1);
        assertThat(caller.get("/v1/agents").at("/data/0/id").asText()).isEqualTo(other);
        assertThat(caller.get("/v1/agents?include_archived=true").body().path("data"))
                .hasSize(2);
        assertThat(caller.get("/v1/agents/" + id).status()).isEqualTo(200);
    }

    @Test
    void another_workspace_sees_nothing() {
        String id = created(MINIMAL);
        caller.workspace = new WorkspaceId("there");
        assertThat(caller.get("/v1/agents/" + id).status()).isEqualTo(404);
        assertThat(caller.get("/v1/agents/" + id).message()).isEqualTo("No agent " + id);
        assertThat(caller.post("/v1/agents/" + id, "{}").status()).isEqualTo(404);
        assertThat(caller.get("/v1/agents/" + id + "/versions").status()).isEqualTo(404);
        assertThat(caller.post("/v1/agents/" + id + "/archive", "{}").status()).isEqualTo(404);
        assertThat(caller.get("/v1/agents").body().path("data")).isEmpty();
        assertThat(caller.get("/v1/agents").at("/next_page").isNull()).isTrue();
    }

    @Test
    void ids_that_cannot_be_are_not_found() {
        for (String id :
                List.of("x", "agent_", "agent_%00", "agent_%2F..", "agent_" + "x".repeat(100), "env_1", "agent_a%23v1"))
            assertThat(caller.get("/v1/agents/" + id).status()).as(id).isEqualTo(404);
    }

    @Test
    void a_second_attempt_with_the_same_ids_repeats_nothing() {
        caller.ids = new Ids(() -> caller.now, new Random(1));
        JsonNode first = caller.ok(caller.post("/v1/agents", MINIMAL)).body();
        caller.ids = new Ids(() -> caller.now, new Random(1));
        assertThat(caller.ok(caller.post("/v1/agents", MINIMAL)).body()).isEqualTo(first);
        assertThat(caller.get("/v1/agents").body().path("data")).hasSize(1);
    }

    // ---- for sessions

    private ObjectNode resolve(String reference) {
        return caller.agents.resolve(Caller.HERE, Fields.of(json("{'agent':" + reference + "}")), "agent");
    }

    private void refused(String reference, String message) {
        assertThatThrownBy(() -> resolve(reference)).isInstanceOf(Refused.class).hasMessage(message);
    }

    @Test
    void a_reference_resolves_to_the_snapshot_of_a_session() {
        String id = created(MINIMAL);
        caller.ok(caller.post("/v1/agents/" + id, "{'system':'new'}"));
        ObjectNode snapshot = resolve("'" + id + "'");
        assertThat(snapshot)
                .isEqualTo(
                        json(
                                ("{'type':'agent','id':'" + id
                                        + "','version':2,'name':'a','description':null,'model':{'id':'claude-sonnet-5','speed':'standard','effort':{'type':'high'}},"
                                        + "'system':'new','tools':[],'mcp_servers':[],'skills':[],'multiagent':null,'execution_identity':{'type':'service_account'}}")));
        assertThat(resolve("{'type':'agent','id':'" + id + "'}")).isEqualTo(snapshot);
        assertThat(resolve("{'type':'agent','id':'" + id + "','version':1}")
                        .path("system")
                        .isNull())
                .isTrue();
        assertThat(resolve("{'type':'agent','id':'" + id + "','version':1}")
                        .path("version")
                        .asInt())
                .isEqualTo(1);
        refused("{'type':'agent','id':'" + id + "','version':3}", "Agent " + id + " has no version 3");
        refused("'agent_none'", "No agent agent_none");
        refused("null", "agent: must not be null");
        refused("7", "agent: must be an object");
        refused("{'id':'" + id + "'}", "agent.type: is required");
        caller.ok(caller.post("/v1/agents/" + id + "/archive", "{}"));
        refused("'" + id + "'", "agent: " + id + " is archived");
    }

    @Test
    void overrides_replace_or_clear_and_never_merge() {
        String id = created("""
                {'name':'a','model':'claude-sonnet-5','system':'s','mcp_servers':[{'type':'url','name':'m','url':'https://m.example/'}],
                 'tools':[{'type':'agent_toolset_20260401'},{'type':'mcp_toolset','mcp_server_name':'m'}]}""");
        String base = "{'type':'agent_with_overrides','id':'" + id + "'";
        assertThat(resolve(base + "}")).isEqualTo(resolve("'" + id + "'"));
        assertThat(resolve(base + ",'system':null}").path("system").isNull()).isTrue();
        assertThat(resolve(base + ",'system':'t','model':'x'}").at("/model/id").asText())
                .isEqualTo("x");
        ObjectNode bare = resolve(base + ",'tools':[],'mcp_servers':null}");
        assertThat(bare.path("tools")).isEmpty();
        assertThat(bare.path("mcp_servers")).isEmpty();
        assertThat(bare.path("version").asInt()).isEqualTo(1);
        ObjectNode other = resolve(base
                + ",'mcp_servers':[],'tools':[{'type':'agent_toolset_20260401','default_config':{'enabled':false}}]}");
        assertThat(other.path("tools")).hasSize(1);
        refused(base + ",'model':null}", "agent.model: must not be null");
        refused(base + ",'tools':[]}", "mcp_servers.0: no mcp_toolset in tools refers to it");
        refused(
                base + ",'tools':[{'type':'odd'}]}",
                "agent.tools.0.type: must be one of agent_toolset_20260401, mcp_toolset, custom");
        assertThat(Json.text(caller.get("/v1/agents/" + id).body().path("tools")))
                .contains("mcp_toolset");
    }
}
