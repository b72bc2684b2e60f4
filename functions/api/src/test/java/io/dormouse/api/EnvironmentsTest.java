package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.Ids;
import io.dormouse.id.WorkspaceId;
import io.dormouse.wire.Refused;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class EnvironmentsTest {
    private static final String NO_PACKAGES =
            "'packages':{'type':'packages','apt':[],'cargo':[],'gem':[],'go':[],'npm':[],'pip':[]}";
    private final Caller caller = new Caller();

    private String created(String body) {
        return caller.ok(caller.post("/v1/environments", body)).text("id");
    }

    private JsonNode config(String config) {
        return caller.get("/v1/environments/" + created("{'name':'" + caller.ids.next() + "','config':" + config + "}"))
                .at("/config");
    }

    @Test
    void a_created_environment_spells_out_every_default() {
        Caller.Reply reply = caller.ok(
                caller.post(
                        "/v1/environments",
                        "{'name':'dev','config':{'type':'cloud','networking':{'type':'limited','allowed_hosts':['api.example.org']}}}"));
        assertThat(reply.body())
                .isEqualTo(
                        json(
                                "{'id':'" + reply.text("id")
                                        + "','type':'environment','name':'dev','description':null,'metadata':{},'scope':'organization',"
                                        + "'config':{'type':'cloud','networking':{'type':'limited','allowed_hosts':['api.example.org'],'allow_mcp_servers':false,'allow_package_managers':false},"
                                        + NO_PACKAGES
                                        + "},'created_at':'2026-11-24T10:00:00Z','updated_at':'2026-11-24T10:00:00Z','archived_at':null}"));
        assertThat(config("null"))
                .isEqualTo(json("{'type':'cloud','networking':{'type':'unrestricted'}," + NO_PACKAGES + "}"));
        assertThat(config("{'type':'cloud'}")).isEqualTo(config("null"));
        assertThat(config("{'type':'self_hosted'}")).isEqualTo(json("{'type':'self_hosted'}"));
    }

    @Test
    void wrong_fields_are_refused_with_their_path() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("{}", "name: is required");
        table.put("{'name':''}", "name: must not be empty");
        table.put("{'name':'" + "x".repeat(257) + "'}", "name: must have at most 256 characters");
        table.put(
                "{'name':'a','description':'" + "x".repeat(1025) + "'}",
                "description: must have at most 1024 characters");
        table.put("{'name':'a','scope':'world'}", "scope: must be one of organization, account");
        table.put("{'name':'a','metadata':{'k':null,'l':7}}", "metadata: the value of l must be a string");
        table.put("{'name':'a','config':{}}", "config.type: is required");
        table.put("{'name':'a','config':[]}", "config: must be an object");
        table.put("{'name':'a','config':{'type':'moon'}}", "config.type: must be one of cloud, self_hosted");
        table.put(
                "{'name':'a','config':{'type':'self_hosted','networking':{'type':'limited'}}}",
                "config.networking: is the host's own affair under self_hosted");
        table.put(
                "{'name':'a','config':{'type':'cloud','networking':{'type':'open'}}}",
                "config.networking.type: must be one of unrestricted, limited");
        for (String host :
                List.of("https://a.example", "a b", "*", "*.", ".a", "a..b", "a/b", "*.*.a", "-a", "a:", "a:x"))
            table.put(
                    "{'name':'a','config':{'type':'cloud','networking':{'type':'limited','allowed_hosts':['" + host
                            + "']}}}",
                    "config.networking.allowed_hosts.0: must be a host name, or *. and a host name");
        table.put(
                "{'name':'a','config':{'type':'cloud','packages':{'pip':'numpy'}}}",
                "config.packages.pip: must be a list");
        table.put(
                "{'name':'a','config':{'type':'cloud','packages':{'pip':['--index-url=http://x']}}}",
                "config.packages.pip.0: must be a package name, without spaces or options");
        table.put(
                "{'name':'a','config':{'type':'cloud','packages':{'apt':['a b']}}}",
                "config.packages.apt.0: must be a package name, without spaces or options");
        table.put(
                "{'name':'a','config':{'type':'cloud','networking':{'type':'limited'},'packages':{'pip':['numpy']}}}",
                "config.packages: need networking.allow_package_managers under limited networking");
        table.forEach((body, message) -> {
            Caller.Reply reply = caller.post("/v1/environments", body);
            assertThat(reply.status()).as(body).isEqualTo(400);
            assertThat(reply.message()).isEqualTo(message);
        });
        assertThat(caller.get("/v1/environments").body().path("data")).isEmpty();
        created("{'name':'" + "x".repeat(256) + "','description':'" + "x".repeat(1024) + "'}");
        assertThat(config(
                                "{'type':'cloud','networking':{'type':'limited','allowed_hosts':['*.a.example','10.0.0.1','b:8080']}}")
                        .at("/networking/allowed_hosts"))
                .hasSize(3);
    }

    @Test
    void an_update_keeps_what_it_does_not_name() {
        String path = "/v1/environments/"
                + created(
                        "{'name':'a','description':'d','metadata':{'k':'v','l':'w'},'config':{'type':'cloud','networking':{'type':'limited','allowed_hosts':['a.example'],'allow_package_managers':true},'packages':{'pip':['numpy']}}}");
        caller.pass(Duration.ofSeconds(1));
        JsonNode before = caller.get(path).body();
        assertThat(caller.ok(caller.post(path, "{'name':null,'config':null,'metadata':{'none':''}}"))
                        .body())
                .isEqualTo(before);
        Caller.Reply after = caller.ok(
                caller.post(
                        path,
                        "{'description':'','metadata':{'k':'','l':null,'m':'n'},'config':{'type':'cloud','networking':{'type':'limited','allow_mcp_servers':true},'packages':{'npm':['left-pad']}}}"));
        assertThat(after.at("/config"))
                .isEqualTo(
                        json(
                                "{'type':'cloud','networking':{'type':'limited','allowed_hosts':['a.example'],'allow_mcp_servers':true,'allow_package_managers':true},'packages':{'type':'packages','apt':[],'cargo':[],'gem':[],'go':[],'npm':['left-pad'],'pip':['numpy']}}"));
        assertThat(after.at("/metadata")).isEqualTo(json("{'m':'n'}"));
        assertThat(after.at("/description").isNull()).isTrue();
        assertThat(after.text("updated_at")).isEqualTo("2026-11-24T10:00:01Z");
        Caller.Reply type = caller.post(path, "{'config':{'type':'self_hosted'}}");
        assertThat(type.status()).isEqualTo(400);
        assertThat(type.at("/error/details/error_code").asText()).isEqualTo("invalid_config_type_change");
        assertThat(caller.post(
                                path,
                                "{'config':{'type':'cloud','networking':{'type':'limited','allow_package_managers':false}}}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void a_name_belongs_to_one_live_environment() {
        String first = created("{'name':'dev'}");
        assertThat(caller.post("/v1/environments", "{'name':'dev'}").status()).isEqualTo(409);
        String second = created("{'name':'Dev'}");
        assertThat(caller.post("/v1/environments/" + second, "{'name':'dev'}").status())
                .isEqualTo(409);
        caller.pass(Duration.ofDays(1));
        assertThat(caller.post("/v1/environments", "{'name':'dev'}").message())
                .isEqualTo("name: an environment with this name exists already");
        caller.ok(caller.post("/v1/environments/" + first, "{'name':'moved'}"));
        caller.ok(caller.post("/v1/environments/" + second, "{'name':'dev'}"));
        assertThat(caller.post("/v1/environments/" + first, "{'name':'dev'}").status())
                .isEqualTo(409);
        caller.ok(caller.post("/v1/environments/" + first, "{'name':'Dev'}"));
        caller.workspace = new WorkspaceId("there");
        created("{'name':'dev'}");
    }

    @Test
    void archived_and_deleted_environments_free_their_name_at_once() {
        String first = created("{'name':'dev'}");
        caller.ok(caller.post("/v1/environments/" + first + "/archive", "{}"));
        String second = created("{'name':'dev'}");
        assertThat(caller.ok(caller.delete("/v1/environments/" + second)).body())
                .isEqualTo(json("{'id':'" + second + "','type':'environment_deleted'}"));
        assertThat(caller.get("/v1/environments/" + second).status()).isEqualTo(404);
        assertThat(caller.delete("/v1/environments/" + second).status()).isEqualTo(404);
        created("{'name':'dev'}");
        assertThat(caller.delete("/v1/environments/" + first).status()).isEqualTo(200);
        assertThat(caller.post("/v1/environments", "{'name':'dev'}").status()).isEqualTo(409);
    }

    @Test
    void a_name_whose_claimant_died_is_free_after_a_minute() {
        // What a process leaves that died between the claim and the environment.
        String dead = created("{'name':'dev'}");
        caller.resources.delete(Caller.HERE, "environment", dead);
        assertThat(caller.post("/v1/environments", "{'name':'dev'}").status()).isEqualTo(409);
        caller.pass(Duration.ofSeconds(60));
        created("{'name':'dev'}");
    }

    @Test
    void of_many_creations_of_one_name_one_wins() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Caller.Reply>> all = new ArrayList<>();
            for (int i = 0; i < 30; i++)
                all.add(threads.submit(() -> caller.post("/v1/environments", "{'name':'dev'}")));
            int won = 0;
            for (Future<Caller.Reply> one : all) {
                assertThat(one.get().status()).isIn(200, 409);
                if (one.get().status() == 200) won++;
            }
            assertThat(won).isEqualTo(1);
        }
    }

    @Test
    void a_second_attempt_with_the_same_ids_repeats_nothing() {
        caller.ids = new Ids(() -> caller.now, new Random(1));
        JsonNode first =
                caller.ok(caller.post("/v1/environments", "{'name':'dev'}")).body();
        caller.ids = new Ids(() -> caller.now, new Random(1));
        assertThat(caller.ok(caller.post("/v1/environments", "{'name':'dev'}")).body())
                .isEqualTo(first);
    }

    @Test
    void archived_ones_are_hidden_and_read_only_and_sessions_cannot_use_them() {
        String id = created("{'name':'a'}");
        assertThat(caller.environments.usable(Caller.HERE, id).path("name").asText())
                .isEqualTo("a");
        caller.ok(caller.post("/v1/environments/" + id + "/archive", "{}"));
        assertThat(caller.get("/v1/environments").body().path("data")).isEmpty();
        assertThat(caller.get("/v1/environments?include_archived=true").body().path("data"))
                .hasSize(1);
        Caller.Reply update = caller.post("/v1/environments/" + id, "{'name':'b'}");
        assertThat(update.status()).isEqualTo(400);
        assertThat(update.at("/error/details/error_code").asText()).isEqualTo("environment_archived");
        assertThatThrownBy(() -> caller.environments.usable(Caller.HERE, id)).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> caller.environments.usable(Caller.HERE, "env_none"))
                .hasMessage("No environment env_none");
    }
}
