package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.outbound.CredentialUse;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FactsTest {
    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final ThreadId thread = new SessionId(id).primaryThread();
    private final String path = "/v1/sessions/" + id + "/facts";

    private static Fact use(String host) {
        return new Fact.CredentialUsed(
                new CredentialUse(new CredentialId("vcrd_1"), host, "POST", "/v1/*", 201, 77, new EventId("sevt_1")));
    }

    private void tell(long position, Fact... facts) {
        caller.log.append(thread, new Entry(position, 3, "n" + position, caller.now, List.of(facts)));
    }

    private List<JsonNode> all(String query) {
        List<JsonNode> all = new ArrayList<>();
        String page = "";
        while (page != null) {
            Reply reply = caller.ok(caller.get(path + "?" + query + page));
            reply.body().path("data").forEach(all::add);
            page = reply.body().path("next_page").isNull() ? null : "&page=" + reply.text("next_page");
        }
        return all;
    }

    private static List<String> ids(List<JsonNode> facts) {
        return facts.stream().map(fact -> fact.path("id").asText()).toList();
    }

    @Test
    void a_use_of_a_credential_is_read_with_the_call_that_caused_it() {
        tell(2, new Fact.HandAttached("hand_1"), use("a.example"));
        assertThat(all("types=credential_used"))
                .containsExactly(
                        json("{'id':'2.1','type':'credential_used','epoch':3,'created_at':'2026-11-24T10:00:00Z',"
                                + "'fact':{'use':{'credential':'vcrd_1','host':'a.example','method':'POST','path':'/v1/*',"
                                + "'status':201,'bytes':77,'call':'sevt_1'}}}"));
    }

    @Test
    void every_page_size_tells_all_facts_once_and_in_order() {
        for (int i = 2; i < 130; i++) tell(i, use("a.example"), new Fact.HandLost("h", "r"), use("b.example"));
        List<String> whole = ids(all("limit=1000"));
        assertThat(whole)
                .hasSize(1 + 3 * 128)
                .startsWith("1.0", "2.0", "2.1", "2.2", "3.0")
                .doesNotHaveDuplicates();
        for (int limit : new int[] {1, 2, 3, 7, 100})
            assertThat(ids(all("limit=" + limit))).isEqualTo(whole);
        assertThat(all("limit=5&types=hand_lost&types=session_began")).hasSize(129);
    }

    @Test
    void a_page_of_large_facts_is_shorter() {
        for (int i = 2; i < 8; i++) tell(i, new Fact.HandLost("h", "x".repeat(Facts.MAX_PAGE_BYTES / 2)));
        assertThat(caller.ok(caller.get(path)).body().path("data")).hasSize(2);
        assertThat(ids(all(""))).containsExactly("1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0");
    }

    @Test
    void a_page_that_a_filter_leaves_empty_goes_on() {
        for (int i = 2; i < 5200; i++) tell(i, new Fact.HandLost("h", "r"));
        tell(5200, use("a.example"));
        Reply first = caller.ok(caller.get(path + "?types=credential_used"));
        assertThat(first.body().path("data")).isEmpty();
        assertThat(ids(all("types=credential_used"))).containsExactly("5200.0");
    }

    @Test
    void bad_queries_are_refused_and_other_workspaces_see_nothing() {
        for (String bad : List.of("page=x", "page=1", "page=-1.0", "limit=0", "limit=1001", "types=secret"))
            assertThat(caller.get(path + "?" + bad).status()).as(bad).isEqualTo(400);
        caller.workspace = new WorkspaceId("elsewhere");
        assertThat(caller.get(path).status()).isEqualTo(404);
        caller.workspace = Caller.HERE;
        caller.ok(caller.send(id, says("hi")));
        caller.ok(caller.get(path));
        assertThat(caller.get("/v1/sessions/sesn_1/facts").status()).isEqualTo(404);
    }
}
