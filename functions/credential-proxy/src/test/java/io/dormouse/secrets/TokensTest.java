package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.proxy.Courier;
import io.dormouse.secrets.TokenEndpoint.Exchanged;
import io.dormouse.vault.Auth;
import io.dormouse.vault.Credential;
import io.dormouse.vault.SecretPart;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class TokensTest {
    private static final String FRESH =
            "{'access_token':'access-2','token_type':'Bearer','expires_in':3600,'refresh_token':'refresh-2'}";

    private final World world = new World();
    private final VaultId vault = world.vault();

    private Credential oauth(long secondsLeft, String client) {
        CredentialId id = world.oauth(vault, world.now.plusSeconds(secondsLeft), client);
        return world.found(vault, id);
    }

    private Material fresh(Credential credential) {
        return world.tokens
                .fresh(credential, (Auth.McpOauth) credential.auth(), world.secrets.read(vault))
                .orElseThrow();
    }

    private Material kept(Credential credential) {
        return world.secrets
                .read(vault)
                .material(credential.id(), credential.revision())
                .orElseThrow();
    }

    private Tokens.Now exchanged(Tokens tokens, Credential credential) {
        return tokens.exchanged(credential, (Auth.McpOauth) credential.auth(), "access-1")
                .orElseThrow();
    }

    @Test
    void a_token_that_lasts_is_used_as_it_is() {
        Material material = fresh(oauth(61, "none"));
        assertThat(material.part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-1");
        assertThat(world.sent).isEmpty();
    }

    @Test
    void a_token_is_exchanged_a_minute_before_it_expires_and_the_new_refresh_token_is_kept() {
        Credential credential = oauth(60, "none");
        world.answers(200, FRESH);
        Instant before = world.now;
        assertThat(fresh(credential).part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-2");
        assertThat(kept(credential).part(SecretPart.REFRESH_TOKEN)).isEqualTo("refresh-2");
        assertThat(kept(credential).part(SecretPart.CLIENT_SECRET)).isEqualTo("hush/1");
        assertThat(kept(credential).expiresAt()).isBetween(before.plusSeconds(3598), before.plusSeconds(3600));
        assertThat(kept(credential).exchange()).isNull();
        // The document tells it, too.
        assertThat(((Auth.McpOauth) world.found(vault, credential.id()).auth()).expiresAt())
                .isEqualTo(kept(credential).expiresAt());
        fresh(world.found(vault, credential.id()));
        assertThat(world.sent).hasSize(1);
    }

    @Test
    void an_old_refresh_token_stays_when_no_new_one_comes() {
        Credential credential = oauth(0, "none");
        world.answers(200, "{'access_token':'access-2'}");
        assertThat(fresh(credential).part(SecretPart.REFRESH_TOKEN)).isEqualTo("refresh-1");
        assertThat(kept(credential).expiresAt()).isNull();
    }

    @Test
    void a_client_shows_who_it_is_in_the_way_it_was_told() {
        String start = "grant_type=refresh_token&refresh_token=refresh-1&scope=a+b";
        Map<String, String> bodies = new LinkedHashMap<>();
        bodies.put("none", start + "&client_id=client+1");
        bodies.put("client_secret_post", start + "&client_id=client+1&client_secret=hush%2F1");
        bodies.put("client_secret_basic", start);
        bodies.forEach((client, body) -> {
            world.sent.clear();
            world.answers(200, FRESH);
            fresh(oauth(0, client));
            World.Sent sent = world.sent.getFirst();
            assertThat(sent.to()).isEqualTo("https://o.example/token");
            assertThat(sent.body()).as(client).isEqualTo(body);
            assertThat(sent.header("authorization"))
                    .as(client)
                    .isEqualTo(
                            client.equals("client_secret_basic")
                                    ? "Basic "
                                            + Base64.getEncoder()
                                                    .encodeToString(
                                                            "client+1:hush%2F1".getBytes(StandardCharsets.UTF_8))
                                    : null);
        });
    }

    @Test
    void an_endpoint_that_lies_refuses_or_is_away_changes_no_token() {
        Map<String, String> table = new LinkedHashMap<>();
        table.put("200 {}", "Unusable");
        table.put("200 {'access_token':null}", "Unusable");
        table.put("200 {'access_token':7}", "Unusable");
        table.put("200 {'access_token':''}", "Unusable");
        table.put("200 {'access_token':'a\\nX-Evil: 1'}", "Unusable");
        table.put("200 {'access_token':'" + "x".repeat(9000) + "'}", "Unusable");
        table.put("200 {'access_token':'a','token_type':'mac'}", "Unusable");
        table.put("200 {'access_token':'a','token_type':[]}", "Unusable");
        table.put("200 {'access_token':'a','expires_in':-1}", "Unusable");
        table.put("200 {'access_token':'a','expires_in':0}", "Unusable");
        table.put("200 {'access_token':'a','expires_in':'soon'}", "Unusable");
        table.put("200 {'access_token':'a','expires_in':1e300}", "Unusable");
        table.put("200 {'access_token':'a','expires_in':true}", "Unusable");
        table.put("200 {'access_token':'a','refresh_token':{}}", "Unusable");
        table.put("200 <html>", "Unusable");
        table.put("200 []", "Unusable");
        table.put("200 ", "Unusable");
        table.put("200 " + "{'a':1}".repeat(40_000), "Unusable");
        table.put("204 ", "Unusable");
        table.put("302 ", "Unusable");
        table.put("429 {}", "Unusable");
        table.put("500 oops", "Unusable");
        table.put("400 {'error':'invalid_grant'}", "Rejected");
        table.put("401 ", "Rejected");
        table.forEach((answer, outcome) -> {
            Credential credential = oauth(0, "none");
            world.answers(Integer.parseInt(answer.substring(0, 3)), answer.substring(4));
            Tokens.Now now = exchanged(world.tokens, credential);
            String name = answer.length() > 60 ? answer.substring(0, 60) : answer;
            assertThat(now.outcome().getClass().getSimpleName()).as(name).isEqualTo(outcome);
            assertThat(kept(credential).part(SecretPart.ACCESS_TOKEN)).as(name).isEqualTo("access-1");
            assertThat(kept(credential).part(SecretPart.REFRESH_TOKEN)).as(name).isEqualTo("refresh-1");
            world.safe.forget(vault, credential.id());
        });
        assertThat(exchanged(world.tokens, oauth(0, "none")).outcome()).isInstanceOf(Exchanged.Unreachable.class);
    }

    @Test
    void after_a_failure_the_endpoint_is_left_alone_for_a_minute() {
        Credential credential = oauth(0, "none");
        world.answers(500, "{}");
        assertThat(fresh(credential).part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-1");
        assertThat(fresh(credential).part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-1");
        assertThat(world.sent).hasSize(1);
        world.now = world.now.plusSeconds(61);
        world.answers(200, FRESH);
        assertThat(fresh(credential).part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-2");
    }

    @Test
    void of_many_who_want_a_token_in_two_processes_one_exchanges_it() throws Exception {
        Credential credential = oauth(0, "none");
        CountDownLatch begun = new CountDownLatch(1);
        world.replies.add(() -> {
            begun.countDown();
            // Not before somebody else has found the mark and waits.
            while (world.waits.get() < 3) Thread.onSpinWait();
            return new World().answers(200, FRESH).replies.remove().get();
        });
        List<Tokens> processes = List.of(world.tokens, world.tokens());
        List<Future<Tokens.Now>> all = new ArrayList<>();
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            all.add(threads.submit(() -> exchanged(processes.get(0), credential)));
            begun.await();
            for (int i = 0; i < 7; i++) {
                Tokens process = processes.get(1 - i % 2);
                all.add(threads.submit(() -> exchanged(process, credential)));
            }
            for (Future<Tokens.Now> one : all)
                assertThat(one.get().material().part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-2");
        }
        assertThat(world.sent).hasSize(1);
    }

    @Test
    void the_mark_of_a_process_that_died_runs_out() {
        Credential credential = oauth(0, "none");
        Bundle bundle = world.secrets.read(vault);
        Material marked = kept(credential).exchanging(new Material.Exchange("dead", world.now.plus(Tokens.PATIENCE)));
        world.secrets.swap(bundle.with(credential.id(), credential.revision(), marked));
        world.now = world.now.plus(Tokens.PATIENCE);
        world.answers(200, FRESH);
        assertThat(exchanged(world.tokens, credential).material().part(SecretPart.ACCESS_TOKEN))
                .isEqualTo("access-2");
    }

    @Test
    void tokens_that_come_are_stored_whatever_else_is_stored_meanwhile() {
        Credential credential = oauth(0, "none");
        world.replies.add(() -> {
            // While the exchange is on its way: another credential of the vault, and a rotation that is not named yet.
            world.bearer(vault, "https://x.example/", "other");
            world.safe.rotate(
                    vault,
                    credential.id(),
                    "r1",
                    "r2",
                    io.dormouse.vault.NewSecret.of(Map.of(SecretPart.CLIENT_SECRET, "hush/2")));
            return new World().answers(200, FRESH).replies.remove().get();
        });
        exchanged(world.tokens, credential);
        assertThat(kept(credential).part(SecretPart.REFRESH_TOKEN)).isEqualTo("refresh-2");
        Material rotated =
                world.secrets.read(vault).material(credential.id(), "r2").orElseThrow();
        assertThat(rotated.part(SecretPart.REFRESH_TOKEN)).isEqualTo("refresh-2");
        assertThat(rotated.part(SecretPart.ACCESS_TOKEN)).isEqualTo("access-2");
        assertThat(rotated.part(SecretPart.CLIENT_SECRET)).isEqualTo("hush/2");
        assertThat(world.secrets.read(vault).credentials()).hasSize(2);
    }

    @Test
    void a_credential_that_is_archived_during_its_exchange_does_not_come_back() {
        Credential credential = oauth(0, "none");
        world.replies.add(() -> {
            world.safe.forget(vault);
            return new World().answers(200, FRESH).replies.remove().get();
        });
        exchanged(world.tokens, credential);
        assertThat(world.secrets.read(vault).credentials()).isEmpty();
    }

    @Test
    void an_answer_that_breaks_off_is_none() {
        Credential credential = oauth(0, "none");
        world.replies.add(() -> new Courier.Reply.Answered(200, List.of(), new java.io.InputStream() {
            @Override
            public int read() throws java.io.IOException {
                throw new java.io.IOException("reset");
            }
        }));
        assertThat(exchanged(world.tokens, credential).outcome()).isInstanceOf(Exchanged.Unreachable.class);
    }
}
