package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.edge.Fields;
import io.dormouse.id.Ids;
import io.dormouse.json.Json;
import io.dormouse.testkit.memory.MemorySafe;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CredentialsTest {
    private static final String BEARER =
            "{'type':'static_bearer','mcp_server_url':'https://m.example/mcp','token':'tok-1'}";
    private static final String VARIABLE =
            "{'type':'environment_variable','secret_name':'KEY','secret_value':'val-1','networking':{'type':'limited','allowed_hosts':['a.example']}}";
    private static final String OAUTH =
            "{'type':'mcp_oauth','mcp_server_url':'https://o.example/mcp','access_token':'acc-1','expires_at':'2026-11-24T11:00:00+00:00',"
                    + "'refresh':{'client_id':'c','refresh_token':'ref-1','token_endpoint':'https://o.example/token',"
                    + "'token_endpoint_auth':{'type':'client_secret_post','client_secret':'cs-1'},'scope':'a b'}}";

    private final Caller caller = new Caller();
    private final String vault =
            caller.ok(caller.post("/v1/vaults", "{'display_name':'v'}")).text("id");
    private final String path = "/v1/vaults/" + vault + "/credentials";

    private Reply create(String auth) {
        return caller.post(path, "{'auth':" + auth + "}");
    }

    private Reply update(String id, String auth) {
        return caller.post(path + "/" + id, "{'auth':" + auth + "}");
    }

    private MemorySafe.Held held(String id) {
        Map<String, MemorySafe.Held> revisions = caller.safe.revisions(vault, id);
        assertThat(revisions).hasSize(1);
        return revisions.values().iterator().next();
    }

    private List<String> listed(String query) {
        List<String> ids = new ArrayList<>();
        for (JsonNode item : caller.ok(caller.get(path + query)).at("/data"))
            ids.add(item.path("id").asText());
        return ids;
    }

    // ---- create

    @Test
    void a_bearer_is_shown_without_its_token() {
        Reply reply = caller.ok(
                caller.post(path, "{'auth':" + BEARER + ",'display_name':'d','metadata':{'k':'v'},'unknown':1}"));
        assertThat(reply.body()).isEqualTo(json("""
                {'id':'%s','type':'vault_credential','vault_id':'%s','display_name':'d','metadata':{'k':'v'},
                 'auth':{'type':'static_bearer','mcp_server_url':'https://m.example/mcp'},
                 'created_at':'2026-11-24T10:00:00Z','updated_at':'2026-11-24T10:00:00Z','archived_at':null}""".formatted(reply.text("id"), vault)));
        assertThat(reply.text("id")).startsWith("vcrd_");
        assertThat(caller.get(path + "/" + reply.text("id")).body()).isEqualTo(reply.body());
        assertThat(caller.get(path).at("/data/0")).isEqualTo(reply.body());
        assertThat(held(reply.text("id")).parts()).isEqualTo(Map.of(SecretPart.TOKEN, "tok-1"));
    }

    @Test
    void an_oauth_credential_is_shown_without_its_three_secrets() {
        Reply reply = caller.ok(create(OAUTH));
        assertThat(reply.at("/auth")).isEqualTo(json("""
                {'type':'mcp_oauth','mcp_server_url':'https://o.example/mcp','expires_at':'2026-11-24T11:00:00Z','refresh':
                 {'token_endpoint':'https://o.example/token','client_id':'c','resource':null,'scope':'a b',
                  'token_endpoint_auth':{'type':'client_secret_post'}}}"""));
        assertThat(held(reply.text("id")))
                .isEqualTo(new MemorySafe.Held(
                        Map.of(
                                SecretPart.ACCESS_TOKEN,
                                "acc-1",
                                SecretPart.REFRESH_TOKEN,
                                "ref-1",
                                SecretPart.CLIENT_SECRET,
                                "cs-1"),
                        Instant.parse("2026-11-24T11:00:00Z")));
        Reply bare = caller.ok(
                create("{'type':'mcp_oauth','mcp_server_url':'https://p.example/mcp','access_token':'acc-2'}"));
        assertThat(bare.at("/auth"))
                .isEqualTo(
                        json(
                                "{'type':'mcp_oauth','mcp_server_url':'https://p.example/mcp','expires_at':null,'refresh':null}"));
    }

    @Test
    void a_variable_has_its_places() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("", "{'header':true,'body':true}");
        table.put(",'injection_location':{'header':true}", "{'header':true,'body':false}");
        table.put(",'injection_location':{'body':true}", "{'header':false,'body':true}");
        table.put(",'injection_location':{'header':true,'body':true}", "{'header':true,'body':true}");
        int[] n = {0};
        table.forEach((given, shown) -> {
            Reply reply = caller.ok(create("{'type':'environment_variable','secret_name':'K" + n[0]++
                    + "','secret_value':'v','networking':{'type':'unrestricted'}" + given + "}"));
            assertThat(reply.at("/auth/injection_location")).as(given).isEqualTo(json(shown));
            assertThat(reply.at("/auth/networking")).isEqualTo(json("{'type':'unrestricted'}"));
        });
    }

    @Test
    void what_cannot_be_is_refused_by_its_name() {
        Map<String, String> table = new LinkedHashMap<>();
        String bearer = "{'type':'static_bearer','mcp_server_url':'https://x.example/','token':%s}";
        table.put(bearer.formatted("''"), "auth.token: must not be empty");
        table.put(bearer.formatted("null"), "auth.token: must not be null");
        table.put(bearer.formatted("7"), "auth.token: must be a string");
        table.put(bearer.formatted("'" + "x".repeat(8193) + "'"), "auth.token: must have at most 8192 characters");
        table.put(bearer.formatted("'a\\nb'"), "auth.token: must not have line breaks or other control characters");
        table.put(bearer.formatted("'a\\u0000'"), "auth.token: must not have line breaks or other control characters");
        table.put(bearer.formatted("'ä'"), "auth.token: must have printable ASCII characters only");
        table.put(bearer.formatted("' a'"), "auth.token: must not begin or end with a space");
        String server = "{'type':'static_bearer','token':'t','mcp_server_url':'%s'}";
        String url =
                "auth.mcp_server_url: must be an absolute http or https URL without user, password and fragment; encode the rest";
        for (String wrong : List.of(
                "m.example",
                "ftp://m.example/",
                "https://u:p@m.example/",
                "https://m.example/#f",
                "https://m.example:0/",
                "https://0x7f.1/",
                "https://m.example/ä",
                "https:///mcp")) table.put(server.formatted(wrong), url);
        table.put(
                server.formatted("https://m.example/" + "x".repeat(2047)),
                "auth.mcp_server_url: must have at most 2047 characters");
        String variable = "{'type':'environment_variable','secret_name':'%s','secret_value':'%s','networking':%s}";
        String open = "{'type':'unrestricted'}";
        String name = "auth.secret_name: must be the name of a variable: letters, digits and _, no digit at first";
        for (String wrong : List.of("1A", "A-B", "A=B", "A B", "Ä"))
            table.put(variable.formatted(wrong, "v", open), name);
        table.put(
                variable.formatted("https_proxy", "v", open),
                "auth.secret_name: is a variable that every sandbox has already");
        table.put(
                variable.formatted("A", "a\\r\\nb", open),
                "auth.secret_value: must not have line breaks or other control characters");
        table.put(
                "{'type':'environment_variable','secret_name':'A','secret_value':'v'}", "auth.networking: is required");
        table.put(variable.formatted("A", "v", "{'type':'limited'}"), "auth.networking.allowed_hosts: is required");
        String host =
                "auth.networking.allowed_hosts.0: must be a host name, an IPv4 address, or *. and a host name; without scheme, port and path";
        for (String wrong : List.of(
                "https://a.example",
                "a.example:443",
                "a.example/x",
                "*",
                "*.",
                "a.*.example",
                "*a.example",
                "*.1.2.3.4",
                "[2001:db8::1]",
                "2001:db8::1",
                "a..example",
                "-a.example",
                "1.2.3",
                "0x7f.0.0.1",
                "ä.example",
                "xn--",
                "a_b.example",
                "*.*.example"))
            table.put(variable.formatted("A", "v", "{'type':'limited','allowed_hosts':['" + wrong + "']}"), host);
        table.put(
                variable.formatted(
                        "A", "v", "{'type':'limited','allowed_hosts':['a.example'" + ",'a.example'".repeat(16) + "]}"),
                "auth.networking.allowed_hosts: must have at most 16 items");
        String place = VARIABLE.substring(0, VARIABLE.length() - 1) + ",'injection_location':%s}";
        table.put(place.formatted("null"), "auth.injection_location: must not be null; omit the field instead");
        table.put(
                place.formatted("{'header':null}"),
                "auth.injection_location.header: must not be null; omit the field instead");
        table.put(place.formatted("{}"), "auth.injection_location: must leave header or body on");
        table.put(place.formatted("{'header':false}"), "auth.injection_location: must leave header or body on");
        table.put(
                OAUTH.replace("2026-11-24T11:00:00+00:00", "tomorrow"),
                "auth.expires_at: must be a time as RFC 3339 has it, for example 2026-12-31T23:59:59Z");
        table.put(
                OAUTH.replace(",'client_secret':'cs-1'", ""),
                "auth.refresh.token_endpoint_auth.client_secret: is required");
        table.put(
                OAUTH.replace("client_secret_post", "private_key_jwt"),
                "auth.refresh.token_endpoint_auth.type: must be one of none, client_secret_basic, client_secret_post");
        table.put(
                OAUTH.replace("https://o.example/token", "file:///etc/passwd"),
                url.replace("mcp_server_url", "refresh.token_endpoint"));
        table.put(OAUTH.replace("'refresh_token':'ref-1',", ""), "auth.refresh.refresh_token: is required");
        table.put("{'type':'basic'}", "auth.type: must be one of static_bearer, mcp_oauth, environment_variable");
        table.put("null", "auth: must not be null");
        table.forEach((auth, message) -> {
            Reply reply = create(auth);
            assertThat(reply.status()).as(auth).isEqualTo(400);
            assertThat(reply.message()).as(auth).isEqualTo(message);
        });
        assertThat(caller.get(path).at("/data")).isEmpty();
    }

    @Test
    void hosts_are_names_wildcards_addresses_and_punycode() {
        caller.ok(create(VARIABLE.replace(
                "'a.example'", "'a.example','*.b.example','192.0.2.1','xn--bcher-kva.example','A.Example'")));
    }

    // ---- uniqueness

    @Test
    void two_live_credentials_have_neither_one_server_nor_one_name() {
        String first = caller.ok(create(BEARER)).text("id");
        caller.ok(create(VARIABLE));
        for (String again : List.of(
                BEARER,
                BEARER.replace("https://m.example/mcp", "HTTPS://M.example:443/mcp?x=1"),
                OAUTH.replace("https://o.example/mcp", "https://m.example/mcp"),
                VARIABLE)) {
            Reply reply = create(again);
            assertThat(reply.status()).as(again).isEqualTo(409);
            assertThat(reply.at("/error/type").asText()).isEqualTo("conflict_error");
        }
        caller.ok(create(BEARER.replace("m.example/mcp", "m.example/mcp/")));
        caller.ok(create(VARIABLE.replace("'KEY'", "'key'")));
        // Archived, it frees its key.
        caller.ok(caller.post(path + "/" + first + "/archive", "{}"));
        String second = caller.ok(create(BEARER)).text("id");
        assertThat(second).isNotEqualTo(first);
        // Deleted, too.
        caller.ok(caller.delete(path + "/" + second));
        caller.ok(create(BEARER));
        // Another vault has nothing to do with it.
        String other =
                caller.ok(caller.post("/v1/vaults", "{'display_name':'w'}")).text("id");
        caller.ok(caller.post("/v1/vaults/" + other + "/credentials", "{'auth':" + BEARER + "}"));
    }

    @Test
    void a_vault_has_twenty_live_credentials() {
        for (int i = 0; i < 20; i++) caller.ok(create(VARIABLE.replace("'KEY'", "'K" + i + "'")));
        Reply reply = create(VARIABLE);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.message()).isEqualTo("The vault has 20 credentials already; archive one first");
        caller.ok(caller.post(path + "/" + listed("?limit=1").getFirst() + "/archive", "{}"));
        caller.ok(create(VARIABLE));
        assertThat(listed("?limit=100")).hasSize(20);
        assertThat(listed("?limit=100&include_archived=true")).hasSize(21);
    }

    @Test
    void secrets_that_do_not_fit_are_refused_and_leave_the_key_free() {
        caller.safe.capacity = 3;
        Reply reply = create(VARIABLE);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.message())
                .isEqualTo("auth: the secrets of a vault may have 3 bytes together; use another vault");
        caller.safe.capacity = 10;
        caller.ok(create(VARIABLE));
    }

    // ---- crashes and races

    @Test
    void the_claim_of_a_writer_that_died_runs_out() {
        caller.safe.afterStore = () -> {
            throw new IllegalStateException("killed");
        };
        try {
            create(VARIABLE);
        } catch (IllegalStateException killed) {
            // The secret is there, the document is not.
        }
        caller.safe.afterStore = () -> {};
        assertThat(create(VARIABLE).status()).isEqualTo(409);
        caller.pass(Duration.ofSeconds(61));
        String id = caller.ok(create(VARIABLE)).text("id");
        assertThat(listed("")).containsExactly(id);
        assertThat(held(id).parts()).containsValue("val-1");
    }

    @Test
    void the_second_attempt_of_a_create_makes_the_same_credential() {
        caller.ids = new Ids(() -> caller.now, new Random(99));
        String first = caller.ok(create(VARIABLE)).text("id");
        caller.ids = new Ids(() -> caller.now, new Random(99));
        assertThat(caller.ok(create(VARIABLE)).text("id")).isEqualTo(first);
        assertThat(listed("")).containsExactly(first);
        assertThat(held(first).parts()).containsValue("val-1");
    }

    @Test
    void a_secret_that_comes_after_its_vault_was_archived_does_not_stay() {
        caller.safe.afterStore = () -> {
            caller.safe.afterStore = () -> {};
            caller.ok(caller.post("/v1/vaults/" + vault + "/archive", "{}"));
        };
        Reply reply = caller.ok(create(VARIABLE));
        assertThat(reply.at("/archived_at").isNull()).isFalse();
        assertThat(caller.safe.revisions(vault, reply.text("id"))).isEmpty();
    }

    @Test
    void a_secret_that_comes_after_its_vault_was_deleted_does_not_stay() {
        caller.safe.afterStore = () -> {
            caller.safe.afterStore = () -> {};
            caller.ok(caller.delete("/v1/vaults/" + vault));
        };
        assertThat(create(VARIABLE).status()).isEqualTo(404);
        assertThat(caller.resources.list(
                        Caller.HERE,
                        "vault_credential",
                        new io.dormouse.resource.Resources.Query("", true, null, null, null, true, 10)))
                .isEmpty();
    }

    // ---- update

    @Test
    void a_rotation_replaces_the_secret_and_changes_nothing_else() {
        String id = caller.ok(create(BEARER)).text("id");
        caller.pass(Duration.ofSeconds(3));
        Reply reply = caller.ok(update(id, "{'type':'static_bearer','token':'tok-2'}"));
        assertThat(reply.text("updated_at")).isEqualTo("2026-11-24T10:00:03Z");
        assertThat(held(id).parts()).isEqualTo(Map.of(SecretPart.TOKEN, "tok-2"));
        caller.ok(update(id, "{'type':'static_bearer','token':null}"));
        assertThat(held(id).parts()).isEqualTo(Map.of(SecretPart.TOKEN, "tok-2"));
    }

    @Test
    void an_oauth_rotation_keeps_the_parts_that_it_does_not_name() {
        String id = caller.ok(create(OAUTH)).text("id");
        Reply reply = caller.ok(update(
                id,
                "{'type':'mcp_oauth','access_token':'acc-2','expires_at':null,'refresh':{'refresh_token':'ref-2','scope':null,"
                        + "'token_endpoint_auth':{'type':'client_secret_basic'}}}"));
        assertThat(reply.at("/auth/expires_at").isNull()).isTrue();
        assertThat(reply.at("/auth/refresh/scope").isNull()).isTrue();
        assertThat(reply.at("/auth/refresh/token_endpoint_auth/type").asText()).isEqualTo("client_secret_basic");
        assertThat(held(id))
                .isEqualTo(new MemorySafe.Held(
                        Map.of(
                                SecretPart.ACCESS_TOKEN,
                                "acc-2",
                                SecretPart.REFRESH_TOKEN,
                                "ref-2",
                                SecretPart.CLIENT_SECRET,
                                "cs-1"),
                        null));
    }

    @Test
    void a_variable_merges_its_places_and_replaces_its_hosts() {
        String id = caller.ok(create(VARIABLE)).text("id");
        Reply reply = caller.ok(update(id, "{'type':'environment_variable','injection_location':{'body':false}}"));
        assertThat(reply.at("/auth/injection_location")).isEqualTo(json("{'header':true,'body':false}"));
        reply = caller.ok(update(
                id, "{'type':'environment_variable','networking':{'type':'limited','allowed_hosts':['b.example']}}"));
        assertThat(reply.at("/auth/networking/allowed_hosts").toString()).isEqualTo("[\"b.example\"]");
        assertThat(reply.at("/auth/injection_location")).isEqualTo(json("{'header':true,'body':false}"));
        assertThat(update(id, "{'type':'environment_variable','injection_location':{'header':false}}")
                        .status())
                .isEqualTo(400);
        assertThat(held(id).parts()).containsValue("val-1");
    }

    @Test
    void keys_and_kinds_do_not_change() {
        String bearer = caller.ok(create(BEARER)).text("id");
        String oauth = caller.ok(create(OAUTH)).text("id");
        String variable = caller.ok(create(VARIABLE)).text("id");
        String bare = caller.ok(create("{'type':'mcp_oauth','mcp_server_url':'https://q.example/','access_token':'a'}"))
                .text("id");
        assertThat(update(bearer, "{'type':'mcp_oauth','access_token':'x'}").message())
                .isEqualTo("auth.type: cannot be changed; it is static_bearer");
        assertThat(update(bearer, "{'type':'static_bearer','mcp_server_url':'https://z.example/'}")
                        .message())
                .startsWith("auth.mcp_server_url: cannot be changed");
        caller.ok(update(bearer, "{'type':'static_bearer','mcp_server_url':'https://m.example/mcp'}"));
        assertThat(update(variable, "{'type':'environment_variable','secret_name':'OTHER'}")
                        .message())
                .startsWith("auth.secret_name: cannot be changed");
        for (String field : List.of("'token_endpoint':'https://z.example/'", "'client_id':'z'", "'resource':'z'"))
            assertThat(update(oauth, "{'type':'mcp_oauth','refresh':{" + field + "}}")
                            .message())
                    .as(field)
                    .contains("cannot be changed");
        assertThat(update(oauth, "{'type':'mcp_oauth','refresh':{'token_endpoint_auth':{'type':'none'}}}")
                        .status())
                .isEqualTo(400);
        assertThat(update(bare, "{'type':'mcp_oauth','refresh':{'refresh_token':'r'}}")
                        .message())
                .isEqualTo("auth.refresh: cannot be added to a credential that was made without");
    }

    @Test
    void names_and_metadata_are_patched() {
        String id = caller.ok(caller.post(path, "{'auth':" + BEARER + ",'metadata':{'a':'1','b':'2'}}"))
                .text("id");
        Reply reply = caller.ok(caller.post(path + "/" + id, "{'display_name':'n','metadata':{'a':null,'c':'3'}}"));
        assertThat(reply.at("/metadata")).isEqualTo(json("{'b':'2','c':'3'}"));
        assertThat(caller.ok(caller.post(path + "/" + id, "{'display_name':null}"))
                        .at("/display_name")
                        .isNull())
                .isTrue();
        assertThat(caller.post(path + "/" + id, "{'display_name':'" + "x".repeat(256) + "'}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void the_second_attempt_of_an_update_changes_nothing_more() {
        String id = caller.ok(create(BEARER)).text("id");
        caller.ids = new Ids(() -> caller.now, new Random(99));
        Reply first = caller.ok(update(id, "{'type':'static_bearer','token':'tok-2'}"));
        caller.pass(Duration.ofSeconds(3));
        caller.ids = new Ids(() -> first.body() == null ? null : Instant.parse("2026-11-24T10:00:00Z"), new Random(99));
        assertThat(caller.ok(update(id, "{'type':'static_bearer','token':'tok-2'}"))
                        .body())
                .isEqualTo(first.body());
        assertThat(held(id).parts()).containsValue("tok-2");
    }

    // ---- the end

    @Test
    void an_archived_credential_has_no_secret_and_cannot_be_changed() {
        String id = caller.ok(create(BEARER)).text("id");
        Reply reply = caller.ok(caller.post(path + "/" + id + "/archive", "{}"));
        assertThat(reply.text("archived_at")).isEqualTo("2026-11-24T10:00:00Z");
        assertThat(caller.safe.revisions(vault, id)).isEmpty();
        assertThat(caller.ok(caller.post(path + "/" + id + "/archive", "{}")).body())
                .isEqualTo(reply.body());
        assertThat(update(id, "{'type':'static_bearer','token':'t'}").status()).isEqualTo(400);
        assertThat(caller.post(path + "/" + id + "/mcp_oauth_validate", "{}").status())
                .isEqualTo(400);
        assertThat(listed("")).isEmpty();
        assertThat(listed("?include_archived=true")).containsExactly(id);
        assertThat(caller.ok(caller.delete(path + "/" + id)).body())
                .isEqualTo(json("{'id':'%s','type':'vault_credential_deleted'}".formatted(id)));
        assertThat(caller.get(path + "/" + id).status()).isEqualTo(404);
        assertThat(caller.delete(path + "/" + id).status()).isEqualTo(404);
    }

    // ---- validate

    @Test
    void a_validation_is_told_in_the_documented_shape() {
        String id = caller.ok(create(OAUTH)).text("id");
        caller.safe.validation = new Validation(
                Validation.Status.INVALID,
                false,
                new Validation.Probe(
                        "initialize", new Validation.Heard(401, "application/json", "{\"error\":\"x\"}", false)),
                new Validation.Refresh(Validation.Refreshed.NO_REFRESH_TOKEN, null));
        ObjectNode expected = json("""
                {'type':'vault_credential_validation','credential_id':'%s','vault_id':'%s','validated_at':'2026-11-24T10:00:00Z',
                 'has_refresh_token':false,'status':'invalid','mcp_probe':{'method':'initialize','http_response':
                 {'status_code':401,'content_type':'application/json','body':'','body_truncated':false}},
                 'refresh':{'status':'no_refresh_token','http_response':null}}""".formatted(id, vault));
        ((ObjectNode) expected.at("/mcp_probe/http_response")).put("body", "{\"error\":\"x\"}");
        assertThat(caller.ok(caller.post(path + "/" + id + "/mcp_oauth_validate", "{}"))
                        .body())
                .isEqualTo(expected);
        caller.safe.validation = new Validation(Validation.Status.VALID, true, null, null);
        Reply valid = caller.ok(caller.post(path + "/" + id + "/mcp_oauth_validate", "{}"));
        assertThat(valid.at("/mcp_probe").isNull() && valid.at("/refresh").isNull())
                .isTrue();
        assertThat(caller.post(path + "/" + caller.ok(create(BEARER)).text("id") + "/mcp_oauth_validate", "{}")
                        .status())
                .isEqualTo(400);
    }

    // ---- nothing shows a secret

    @Test
    void no_document_reply_or_refusal_has_a_secret() {
        StringBuilder seen = new StringBuilder();
        String canary = "CANARY-7f3a";
        for (String auth : List.of(BEARER, OAUTH, VARIABLE)) {
            String planted = auth.replaceAll("(tok|acc|ref|cs|val)-1", canary);
            Reply reply = caller.ok(create(planted));
            seen.append(reply.body());
            String id = reply.text("id");
            seen.append(create(planted).body());
            seen.append(update(id, planted.replace("https", "ftp")).body());
            seen.append(update(id, planted).body());
            seen.append(caller.get(path).body());
            seen.append(CredentialAuth.created(Fields.of(json(planted))));
            seen.append(CredentialAuth.created(Fields.of(json(planted))).secret());
        }
        for (String kind : List.of("vault", "vault_credential"))
            caller.resources
                    .list(
                            Caller.HERE,
                            kind,
                            new io.dormouse.resource.Resources.Query("", true, null, null, null, true, 100))
                    .forEach(document -> seen.append(document).append(Json.text(document)));
        assertThat(seen.toString()).contains("mcp_server_url").doesNotContain(canary);
    }
}
