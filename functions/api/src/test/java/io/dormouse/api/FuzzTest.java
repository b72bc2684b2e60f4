package io.dormouse.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** No body, however odd, ends in anything but a documented status. A failure prints its body; the seed is fixed. */
class FuzzTest {
    private static final List<String> AGENTS =
            List.of("{'name':'a','model':'claude-sonnet-5','system':'s','description':'d','metadata':{'k':'v'}}", """
            {'name':'a','model':{'id':'m','effort':{'type':'low'},'speed':'fast'},'mcp_servers':[{'type':'url','name':'m','url':'https://a.example/'}],
             'tools':[{'type':'agent_toolset_20260401','default_config':{'enabled':true,'permission_policy':{'type':'auto'}},'configs':[
               {'name':'web_fetch','allowed_domains':['x'],'url_sources':{'user_input':'all','client_tool_results':{'type':'only','tools':[{'name':'t'}]}}},
               {'name':'web_search','user_location':{'type':'approximate','city':'x'}}]},
              {'type':'mcp_toolset','mcp_server_name':'m','configs':[{'name':'t'}]},
              {'type':'custom','name':'c','description':'d','input_schema':{'type':'object','properties':{'p':{}},'required':['p']}}],
             'skills':[],'multiagent':null,'execution_identity':{'type':'service_account'},'version':1}""");
    private static final List<String> ENVIRONMENTS =
            List.of("{'name':'e','description':'d','metadata':{'k':'v'},'scope':'account'}", """
            {'name':'e','config':{'type':'cloud','networking':{'type':'limited','allowed_hosts':['a.example'],'allow_mcp_servers':true,
             'allow_package_managers':true},'packages':{'type':'packages','pip':['numpy'],'npm':[]}}}""");

    private final Random random = new Random(20261124);

    private JsonNode odd() {
        return switch (random.nextInt(14)) {
            case 0 -> NullNode.instance;
            case 1 -> Json.object();
            case 2 -> Json.array();
            case 3 -> Json.array().addNull();
            case 4 -> Json.MAPPER.getNodeFactory().textNode("");
            case 5 -> Json.MAPPER.getNodeFactory().textNode("\u0000\uFFFD🐭'\"\\\n");
            case 6 -> Json.MAPPER.getNodeFactory().textNode("x".repeat(120_000));
            case 7 -> Json.MAPPER.getNodeFactory().numberNode(-1);
            case 8 -> Json.MAPPER.getNodeFactory().numberNode(new BigDecimal("1e999999999"));
            case 9 -> Json.MAPPER.getNodeFactory().numberNode(new BigDecimal("0.10"));
            case 10 -> Json.MAPPER.getNodeFactory().numberNode(Long.MAX_VALUE);
            case 11 -> Json.MAPPER.getNodeFactory().booleanNode(random.nextBoolean());
            case 12 -> Json.object().put("type", "custom").put("name", "a").putNull("x");
            default -> Json.MAPPER.getNodeFactory().textNode("limited");
        };
    }

    private void mutate(JsonNode node) {
        if (node instanceof ObjectNode object && !object.isEmpty()) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = names.get(random.nextInt(names.size()));
            switch (random.nextInt(5)) {
                case 0 -> object.remove(name);
                case 1 -> object.set(name, odd());
                case 2 -> object.set(name.toUpperCase(java.util.Locale.ROOT), object.get(name));
                default -> mutate(object.get(name));
            }
        } else if (node instanceof ArrayNode array && !array.isEmpty()) {
            int i = random.nextInt(array.size());
            switch (random.nextInt(4)) {
                case 0 -> array.remove(i);
                case 1 -> array.set(i, odd());
                case 2 -> array.add(array.get(i).deepCopy());
                default -> mutate(array.get(i));
            }
        }
    }

    @Test
    void no_body_however_odd_breaks_anything() {
        Caller caller = new Caller();
        String agent = caller.ok(caller.post("/v1/agents", AGENTS.getLast())).text("id");
        String environment = caller.ok(caller.post("/v1/environments", ENVIRONMENTS.getLast()))
                .text("id");
        int accepted = 0;
        for (int i = 0; i < 6000; i++) {
            boolean agents = random.nextBoolean();
            List<String> seeds = agents ? AGENTS : ENVIRONMENTS;
            ObjectNode body = Caller.json(seeds.get(random.nextInt(seeds.size())));
            for (int times = random.nextInt(4); times >= 0; times--) mutate(body);
            String path = agents ? "/v1/agents" : "/v1/environments";
            if (random.nextBoolean()) path += "/" + (agents ? agent : environment);
            int status;
            try {
                status = caller.call("POST", path, body).status();
            } catch (RuntimeException | Error broken) {
                throw new AssertionError(path + " " + body, broken);
            }
            assertThat(status).as("%s %s", path, body).isIn(200, 400, 404, 409);
            if (status == 200) accepted++;
        }
        // Else the mutations are so wild that only the first check is tested, or so tame that none is.
        assertThat(accepted).isBetween(600, 5400);
        assertThat(caller.get("/v1/agents/" + agent + "/versions").status()).isEqualTo(200);
        assertThat(caller.get("/v1/agents?limit=100").status()).isEqualTo(200);
        assertThat(caller.get("/v1/environments?limit=1000").status()).isEqualTo(200);
    }

    @Test
    void no_session_or_event_however_odd_breaks_anything() {
        Caller caller = new Caller();
        String agent = caller.ok(caller.post("/v1/agents", AGENTS.getFirst())).text("id");
        String environment = caller.ok(caller.post("/v1/environments", ENVIRONMENTS.getFirst()))
                .text("id");
        String session =
                "{'agent':{'type':'agent_with_overrides','id':'" + agent + "','version':1,'system':'s','tools':[]},"
                        + "'environment_id':'" + environment
                        + "','title':'t','metadata':{'k':'v'},'vault_ids':[],'resources':[],"
                        + "'initial_events':[{'type':'user.message','content':[{'type':'text','text':'hi'}]}]}";
        String events =
                "{'events':[{'type':'user.message','content':[{'type':'text','text':'hi'},{'type':'image','source':{'type':'url',"
                        + "'url':'https://a.example/x.png'}},{'type':'document','source':{'type':'text','media_type':'text/plain','data':'x'}}]},"
                        + "{'type':'user.interrupt'},{'type':'user.tool_confirmation','tool_use_id':'sevt_1','result':'deny','deny_message':'no'},"
                        + "{'type':'user.custom_tool_result','custom_tool_use_id':'sevt_2','content':[{'type':'text','text':'x'}],'is_error':false}]}";
        String id = caller.ok(caller.post("/v1/sessions", session)).text("id");
        for (int i = 0; i < 1500; i++) {
            boolean create = random.nextInt(3) == 0;
            ObjectNode body = Caller.json(create ? session : events);
            for (int times = random.nextInt(4); times >= 0; times--) mutate(body);
            String path =
                    create ? "/v1/sessions" + (random.nextBoolean() ? "" : "/" + id) : "/v1/sessions/" + id + "/events";
            int status;
            try {
                status = caller.call("POST", path, body).status();
            } catch (RuntimeException | Error broken) {
                throw new AssertionError(path + " " + body, broken);
            }
            assertThat(status).as("%s %s", path, body).isIn(200, 400, 404, 409, 429);
        }
    }

    @Test
    void no_vault_or_credential_however_odd_breaks_anything() {
        List<String> seeds = List.of(
                "{'display_name':'v','metadata':{'k':'v'}}",
                "{'auth':{'type':'static_bearer','mcp_server_url':'https://m.example/mcp','token':'t'},'display_name':'d','metadata':{'k':'v'}}",
                """
                {'auth':{'type':'mcp_oauth','mcp_server_url':'https://o.example/mcp','access_token':'a','expires_at':'2026-11-24T11:00:00Z',
                 'refresh':{'client_id':'c','refresh_token':'r','token_endpoint':'https://o.example/token','resource':'x','scope':'s',
                 'token_endpoint_auth':{'type':'client_secret_post','client_secret':'s'}}}}""",
                """
                {'auth':{'type':'environment_variable','secret_name':'KEY','secret_value':'v','injection_location':{'header':true},
                 'networking':{'type':'limited','allowed_hosts':['a.example','*.b.example']}}}""");
        Caller caller = new Caller();
        int accepted = 0;
        for (int i = 0; i < 4000; i++) {
            // A fresh one now and then: else it is full, or has them all.
            if (i % 10 == 0) caller.ids = new io.dormouse.id.Ids(() -> caller.now, new Random(i));
            String vault =
                    caller.ok(caller.post("/v1/vaults", seeds.getFirst())).text("id");
            int seed = random.nextInt(seeds.size());
            ObjectNode body = Caller.json(seeds.get(seed));
            String path =
                    "/v1/vaults" + (seed == 0 ? random.nextBoolean() ? "" : "/" + vault : "/" + vault + "/credentials");
            if (seed > 0 && random.nextBoolean())
                path += "/" + caller.ok(caller.post(path, seeds.get(seed))).text("id");
            for (int times = random.nextInt(4); times >= 0; times--) mutate(body);
            int status;
            try {
                status = caller.call("POST", path, body).status();
            } catch (RuntimeException | Error broken) {
                throw new AssertionError(path + " " + body, broken);
            }
            assertThat(status).as("%s %s", path, body).isIn(200, 400, 404, 409);
            if (status == 200) accepted++;
        }
        assertThat(accepted).isBetween(400, 3600);
        assertThat(caller.get("/v1/vaults?limit=100").status()).isEqualTo(200);
    }

    @Test
    void no_query_however_odd_breaks_anything() {
        Caller caller = new Caller();
        List<String> names = List.of(
                "limit",
                "page",
                "created_at[gte]",
                "created_at%5Blt%5D",
                "include_archived",
                "version",
                "order",
                "after_id");
        List<String> values = List.of(
                "",
                "0",
                "-1",
                "x",
                "%00",
                "99999999999",
                "2026-01-01T00:00:00Z",
                "0000-01-01T00:00:00Z",
                "9999-12-31T23:59:59.999999999Z",
                "true",
                "e30",
                "%F0%9F%90%AD");
        for (String path : List.of("/v1/agents", "/v1/agents/agent_1", "/v1/environments", "/v1/models"))
            for (String name : names)
                for (String value : values)
                    assertThat(caller.get(path + "?" + name + "=" + value).status())
                            .isIn(200, 400, 404);
    }
}
