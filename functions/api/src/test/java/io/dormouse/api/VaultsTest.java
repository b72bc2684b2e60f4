package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.id.WorkspaceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VaultsTest {
    private final Caller caller = new Caller();

    private String vault() {
        return caller.ok(caller.post("/v1/vaults", "{'display_name':'Alice'}")).text("id");
    }

    private String variable(String vault, String name) {
        return caller.ok(caller.post(
                        "/v1/vaults/" + vault + "/credentials",
                        "{'auth':{'type':'environment_variable','secret_name':'" + name + "','secret_value':'s-" + name
                                + "','networking':{'type':'unrestricted'}}}"))
                .text("id");
    }

    private List<String> listed(String path) {
        List<String> ids = new ArrayList<>();
        for (JsonNode item : caller.ok(caller.get(path)).at("/data"))
            ids.add(item.path("id").asText());
        return ids;
    }

    @Test
    void a_created_vault_has_every_field_and_no_other() {
        Reply reply = caller.ok(caller.post("/v1/vaults", "{'display_name':'Alice','metadata':{'user':'7'}}"));
        assertThat(reply.body()).isEqualTo(json("""
                {'id':'%s','type':'vault','display_name':'Alice','metadata':{'user':'7'},'created_at':'2026-11-24T10:00:00Z',
                 'updated_at':'2026-11-24T10:00:00Z','archived_at':null}""".formatted(reply.text("id"))));
        assertThat(reply.text("id")).startsWith("vlt_");
        variable(reply.text("id"), "KEY");
        assertThat(caller.get("/v1/vaults/" + reply.text("id")).body()).isEqualTo(reply.body());
    }

    @Test
    void names_and_metadata_have_limits() {
        assertThat(caller.post("/v1/vaults", "{}").message()).isEqualTo("display_name: is required");
        assertThat(caller.post("/v1/vaults", "{'display_name':''}").message())
                .isEqualTo("display_name: must not be empty");
        caller.ok(caller.post("/v1/vaults", "{'display_name':'" + "x".repeat(255) + "'}"));
        assertThat(caller.post("/v1/vaults", "{'display_name':'" + "x".repeat(256) + "'}")
                        .message())
                .isEqualTo("display_name: must have at most 255 characters");
        assertThat(caller.post("/v1/vaults", "{'display_name':'a','metadata':{'k':1}}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void an_update_changes_what_it_names() {
        String id = vault();
        caller.pass(Duration.ofSeconds(5));
        Reply reply = caller.ok(caller.post("/v1/vaults/" + id, "{'metadata':{'a':'1','b':'2'}}"));
        assertThat(reply.text("display_name")).isEqualTo("Alice");
        assertThat(reply.text("updated_at")).isEqualTo("2026-11-24T10:00:05Z");
        reply = caller.ok(caller.post("/v1/vaults/" + id, "{'display_name':'Bob','metadata':{'a':null}}"));
        assertThat(reply.at("/metadata")).isEqualTo(json("{'b':'2'}"));
        assertThat(reply.text("display_name")).isEqualTo("Bob");
        assertThat(caller.post("/v1/vaults/" + id, "{'display_name':''}").status())
                .isEqualTo(400);
    }

    @Test
    void lists_are_newest_first_and_leave_archived_ones_out() {
        String first = vault();
        caller.pass(Duration.ofSeconds(1));
        String second = vault();
        assertThat(listed("/v1/vaults")).containsExactly(second, first);
        caller.ok(caller.post("/v1/vaults/" + first + "/archive", "{}"));
        assertThat(listed("/v1/vaults")).containsExactly(second);
        assertThat(listed("/v1/vaults?include_archived=true")).containsExactly(second, first);
        assertThat(caller.get("/v1/vaults?limit=101").status()).isEqualTo(400);
    }

    @Test
    void archiving_purges_the_secrets_ends_the_credentials_and_keeps_the_records() {
        String id = vault();
        String credential = variable(id, "KEY");
        assertThat(caller.safe.revisions(id, credential)).hasSize(1);
        caller.pass(Duration.ofSeconds(1));
        Reply archived = caller.ok(caller.post("/v1/vaults/" + id + "/archive", "{}"));
        assertThat(archived.text("archived_at")).isEqualTo("2026-11-24T10:00:01Z");
        assertThat(caller.safe.revisions(id, credential)).isEmpty();
        String path = "/v1/vaults/" + id + "/credentials";
        assertThat(caller.ok(caller.get(path + "/" + credential)).text("archived_at"))
                .isEqualTo("2026-11-24T10:00:01Z");
        assertThat(caller.get(path + "/" + credential).at("/auth/secret_name").asText())
                .isEqualTo("KEY");
        assertThat(listed(path)).isEmpty();
        assertThat(listed(path + "?include_archived=true")).containsExactly(credential);
        // Again: the same, and nothing changes any more.
        assertThat(caller.ok(caller.post("/v1/vaults/" + id + "/archive", "{}")).body())
                .isEqualTo(archived.body());
        assertThat(caller.post("/v1/vaults/" + id, "{'display_name':'x'}").status())
                .isEqualTo(400);
        assertThat(caller.post(
                                path,
                                "{'auth':{'type':'static_bearer','mcp_server_url':'https://m.example/','token':'t'}}")
                        .status())
                .isEqualTo(400);
        assertThat(caller.post(path + "/" + credential, "{'display_name':'x'}").status())
                .isEqualTo(400);
    }

    @Test
    void deleting_leaves_nothing() {
        String id = vault();
        String credential = variable(id, "KEY");
        assertThat(caller.ok(caller.delete("/v1/vaults/" + id)).body())
                .isEqualTo(json("{'id':'%s','type':'vault_deleted'}".formatted(id)));
        assertThat(caller.safe.revisions(id, credential)).isEmpty();
        for (String path : List.of("", "/credentials", "/credentials/" + credential))
            assertThat(caller.get("/v1/vaults/" + id + path).status()).as(path).isEqualTo(404);
        assertThat(caller.delete("/v1/vaults/" + id).status()).isEqualTo(404);
        assertThat(listed("/v1/vaults?include_archived=true")).isEmpty();
    }

    @Test
    void a_vault_of_another_workspace_does_not_exist() {
        String id = vault();
        String credential = variable(id, "KEY");
        caller.workspace = new WorkspaceId("there");
        String path = "/v1/vaults/" + id;
        for (String get : List.of("", "/credentials", "/credentials/" + credential))
            assertThat(caller.get(path + get).status()).as(get).isEqualTo(404);
        for (String post :
                List.of("", "/archive", "/credentials/" + credential, "/credentials/" + credential + "/archive"))
            assertThat(caller.post(path + post, "{}").status()).as(post).isEqualTo(404);
        assertThat(caller.delete(path).status()).isEqualTo(404);
        assertThat(caller.delete(path + "/credentials/" + credential).status()).isEqualTo(404);
        assertThat(listed("/v1/vaults")).isEmpty();
        assertThat(caller.safe.revisions(id, credential)).hasSize(1);
    }

    // ---- sessions

    @Test
    void a_session_names_its_vaults_in_order_and_shows_them() {
        String first = vault();
        String second = vault();
        String session = caller.session(",'vault_ids':['%s','%s','%s']".formatted(second, first, second));
        Reply reply = caller.ok(caller.get("/v1/sessions/" + session));
        assertThat(reply.at("/vault_ids").toString()).isEqualTo("[\"" + second + "\",\"" + first + "\"]");
        assertThat(caller.get("/v1/sessions").at("/data/0/vault_ids")).isEqualTo(reply.at("/vault_ids"));
        assertThat(caller.ok(caller.get("/v1/sessions/" + caller.session(""))).at("/vault_ids"))
                .isEmpty();
    }

    @Test
    void a_new_session_cannot_have_a_vault_that_is_gone_archived_or_foreign() {
        String agent = caller.agent();
        String environment = caller.environment();
        String create = "{'agent':'" + agent + "','environment_id':'" + environment + "','vault_ids':['%s']}";
        assertThat(caller.post("/v1/sessions", create.formatted("vlt_1")).status())
                .isEqualTo(404);
        String archived = vault();
        String running = caller.session(",'vault_ids':['" + archived + "']");
        caller.ok(caller.post("/v1/vaults/" + archived + "/archive", "{}"));
        Reply refused = caller.post("/v1/sessions", create.formatted(archived));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.message()).isEqualTo("vault_ids: " + archived + " is archived");
        // Who has it already goes on.
        assertThat(caller.ok(caller.get("/v1/sessions/" + running)).text("status"))
                .isEqualTo("idle");
        assertThat(caller.ok(caller.send(running, Caller.says("hi"))).status()).isEqualTo(200);
        caller.workspace = new WorkspaceId("there");
        String foreign = vault();
        caller.workspace = Caller.HERE;
        assertThat(caller.post("/v1/sessions", create.formatted(foreign)).status())
                .isEqualTo(404);
        assertThat(caller.post("/v1/sessions/" + running, "{'vault_ids':['" + vault() + "']}")
                        .message())
                .startsWith("vault_ids: cannot be changed");
    }

    @Test
    void a_variable_for_hosts_that_the_environment_does_not_allow_is_told_at_the_start() {
        String id = vault();
        String credential = caller.ok(caller.post(
                        "/v1/vaults/" + id + "/credentials",
                        "{'auth':{'type':'environment_variable','secret_name':'KEY','secret_value':'s','networking':{'type':'limited',"
                                + "'allowed_hosts':['api.a.example','b.example','*.c.example']}}}"))
                .text("id");
        variable(id, "ANYWHERE");
        String environment = caller.ok(caller.post(
                        "/v1/environments",
                        "{'name':'e','config':{'type':'cloud','networking':"
                                + "{'type':'limited','allowed_hosts':['*.a.example','c.example']}}}"))
                .text("id");
        String session = caller.ok(caller.post(
                        "/v1/sessions",
                        "{'agent':'%s','environment_id':'%s','vault_ids':['%s']}"
                                .formatted(caller.agent(), environment, id)))
                .text("id");
        JsonNode events =
                caller.ok(caller.get("/v1/sessions/" + session + "/events")).at("/data");
        assertThat(events).hasSize(1);
        assertThat(events.get(0).path("type").asText()).isEqualTo("session.error");
        ObjectNode error = json("""
                {'type':'credential_host_unreachable_error','message':'','credential_id':'%s','vault_id':'%s',
                 'retry_status':{'type':'exhausted'}}""".formatted(credential, id));
        error.put(
                "message",
                "The environment's networking does not allow b.example, *.c.example, for which KEY is meant.");
        assertThat(events.get(0).path("error")).isEqualTo(error);
        assertThat(caller.get("/v1/sessions/" + session).text("status")).isEqualTo("idle");
        // An environment without limits allows them all.
        String open = caller.session(",'vault_ids':['" + id + "']");
        assertThat(caller.get("/v1/sessions/" + open + "/events").at("/data")).isEmpty();
    }
}
