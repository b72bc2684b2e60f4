package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Query;
import io.dormouse.edge.Route;
import io.dormouse.edge.RouteTable;
import io.dormouse.edge.Upload;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Resources;
import io.dormouse.wire.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FilesTest {
    private final Caller caller = new Caller();

    private record Form(String filename, String mimeType, InputStream stream, Map<String, String> fields)
            implements Upload {}

    private static Form form(String filename, String mimeType, String content, Map<String, String> fields) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return new Form(filename, mimeType, new ByteArrayInputStream(bytes), fields);
    }

    private Reply upload(Form form) {
        try {
            Route route = ((RouteTable.Match.Found) caller.routes.find("POST", "/v1/files")).route();
            Route.Received received = route.receiver().receive(caller.workspace, form);
            Call call = new Call(
                    "req_1", caller.workspace, Map.of(), Query.EMPTY, name -> null, Json.object(), caller.ids, null);
            Answer.Json json = (Answer.Json) received.answer(call);
            return new Reply(json.status(), Json.read(Json.bytes(json.body()), JsonNode.class));
        } catch (Refused refused) {
            return new Reply(refused.error().status(), refused.error().body("req_1"));
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    private Reply upload(String filename, String content) {
        return upload(form(filename, null, content, Map.of()));
    }

    private String uploaded(String filename, String content) {
        return caller.ok(upload(filename, content)).text("id");
    }

    private String download(String id) throws Exception {
        Answer.File file =
                (Answer.File) caller.answer(caller.routes, "GET", "/v1/files/" + id + "/content", Json.object());
        try (Contents.Content content = file.content()) {
            return new String(content.stream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private List<String> ids(String path) {
        List<String> ids = new ArrayList<>();
        for (JsonNode file : caller.ok(caller.get(path)).body().path("data"))
            ids.add(file.path("id").asText());
        return ids;
    }

    private List<?> owed() {
        return caller.resources.list(
                WorkspaceId.SYSTEM, "erasure", new Resources.Query("", true, null, null, null, true, 1000));
    }

    private void sweepIn(Duration time) {
        caller.pass(time);
        caller.files(caller.resources).sweep();
    }

    // ---- one file

    @Test
    void a_file_is_what_was_uploaded() throws Exception {
        Reply made = caller.ok(upload("notes.txt", "hello"));
        String id = made.text("id");
        assertThat(made.body())
                .isEqualTo(json("{'id':'" + id + "','type':'file','filename':'notes.txt','mime_type':'text/plain',"
                        + "'size_bytes':5,'created_at':'2026-11-24T10:00:00Z','downloadable':true,'expires_at':null,"
                        + "'scope':null}"));
        assertThat(id).startsWith("file_");
        assertThat(caller.ok(caller.get("/v1/files/" + id)).body()).isEqualTo(made.body());
        assertThat(download(id)).isEqualTo("hello");
        assertThat(owed()).isEmpty();
    }

    @Test
    void a_deleted_file_is_gone_and_so_is_its_content() {
        String id = uploaded("a", "hello");
        String other = uploaded("b", "hello");
        assertThat(caller.ok(caller.delete("/v1/files/" + id)).body())
                .isEqualTo(json("{'id':'" + id + "','type':'file_deleted'}"));
        for (String path : List.of("/v1/files/" + id, "/v1/files/" + id + "/content"))
            assertThat(caller.get(path).status()).isEqualTo(404);
        assertThat(caller.delete("/v1/files/" + id).status()).isEqualTo(404);
        assertThat(ids("/v1/files")).containsExactly(other);
        // The same bytes of another file are another content.
        assertThat(caller.contents.names()).hasSize(1);
        assertThat(owed()).isEmpty();
    }

    @Test
    void nothing_of_another_workspace_is_there() {
        String id = uploaded("a", "hello");
        caller.workspace = new WorkspaceId("there");
        for (String path : List.of("/v1/files/" + id, "/v1/files/" + id + "/content"))
            assertThat(caller.get(path).status()).isEqualTo(404);
        assertThat(caller.delete("/v1/files/" + id).status()).isEqualTo(404);
        assertThat(ids("/v1/files")).isEmpty();
        assertThat(ids("/v1/files?ids=" + id)).isEmpty();
        assertThat(caller.get("/v1/files?after_id=" + id).status()).isEqualTo(400);
        assertThat(caller.post(
                                "/v1/sessions",
                                "{'agent':'%s','environment_id':'%s','resources':[{'type':'file','file_id':'%s'}]}"
                                        .formatted(caller.agent(), caller.environment(), id))
                        .message())
                .contains("there is no file");
        caller.workspace = Caller.HERE;
        assertThat(ids("/v1/files")).containsExactly(id);
    }

    @Test
    void what_cannot_be_an_id_is_a_404() {
        for (String id : List.of("x", "file_", "file_0", "agent_1", "file_" + "1".repeat(100), "file_..%2f"))
            assertThat(caller.get("/v1/files/" + id).status()).as(id).isEqualTo(404);
    }

    @Test
    void names_keep_to_the_documented_rules() {
        for (String good : List.of("a", "x".repeat(255), "ein Wört.txt", "\uD83D\uDC3F.txt", ".hidden", "a..b"))
            assertThat(upload(good, "x").status()).as(good).isEqualTo(200);
        for (String bad : List.of(
                "",
                "x".repeat(256),
                "a/b",
                "a\\b",
                "a:b",
                "a*b",
                "a?b",
                "a|b",
                "a<b",
                "a>b",
                "a\"b",
                "a\nb",
                "a\0b",
                "..",
                ".",
                "a\uFFFDb",
                "a\uD83D")) {
            Reply refused = upload(bad, "x");
            assertThat(refused.status()).as(bad).isEqualTo(400);
            assertThat(refused.message()).startsWith("file: its filename");
        }
    }

    @Test
    void the_media_type_is_as_sent_or_by_the_name() {
        assertThat(upload(form("a.bin", "text/csv; charset=utf-8", "x", Map.of()))
                        .text("mime_type"))
                .isEqualTo("text/csv; charset=utf-8");
        assertThat(upload("a.PDF", "x").text("mime_type")).isEqualTo("application/pdf");
        assertThat(upload("a.what", "x").text("mime_type")).isEqualTo("application/octet-stream");
        assertThat(upload("a", "x").text("mime_type")).isEqualTo("application/octet-stream");
        for (String bad : List.of("text", "text/", "/x", "a b/c", "text/plain\r\nx: y", "a/" + "b".repeat(254)))
            assertThat(upload(form("a", bad, "x", Map.of())).status()).as(bad).isEqualTo(400);
        assertThat(upload(form("a", "a/" + "b".repeat(253), "x", Map.of())).status())
                .isEqualTo(200);
        assertThat(caller.contents.names()).hasSize(5);
    }

    @Test
    void an_expired_file_is_gone_and_the_sweep_erases_it() {
        Reply made = caller.ok(upload(form("a", null, "hello", Map.of("expires_in_seconds", "3600"))));
        String path = "/v1/files/" + made.text("id");
        assertThat(made.text("expires_at")).isEqualTo("2026-11-24T11:00:00Z");
        sweepIn(Duration.ofSeconds(3599));
        assertThat(caller.get(path).status()).isEqualTo(200);
        assertThat(caller.contents.names()).hasSize(1);
        caller.pass(Duration.ofSeconds(1));
        assertThat(caller.get(path).status()).isEqualTo(404);
        assertThat(ids("/v1/files")).isEmpty();
        sweepIn(Duration.ZERO);
        assertThat(caller.contents.names()).isEmpty();
        assertThat(owed()).isEmpty();
    }

    @Test
    void the_time_to_expiry_has_bounds_and_a_refused_upload_leaves_nothing() {
        assertThat(upload(form("a", null, "x", Map.of("expires_in_seconds", "7776000")))
                        .status())
                .isEqualTo(200);
        caller.contents.names().forEach(caller.contents::delete);
        for (String bad : List.of("3599", "7776001", "0", "-1", "1.5", "x", "99999999999")) {
            Reply refused = upload(form("a", null, "x", Map.of("expires_in_seconds", bad)));
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.message()).startsWith("expires_in_seconds: must be");
        }
        assertThat(caller.contents.names()).isEmpty();
        assertThat(owed()).hasSize(1); // of the one that was taken
    }

    @Test
    void an_upload_that_breaks_off_leaves_nothing() {
        InputStream breaks = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("gone");
            }
        };
        try {
            upload(new Form("a", null, breaks, Map.of()));
        } catch (AssertionError broken) {
            assertThat(broken.getCause()).isInstanceOf(IOException.class);
        }
        assertThat(ids("/v1/files")).isEmpty();
        assertThat(caller.contents.names()).isEmpty();
        assertThat(owed()).isEmpty();
    }

    @Test
    void a_content_that_no_file_came_to_tell_of_goes_within_a_day() throws Exception {
        caller.files(caller.resources).stage(new ByteArrayInputStream(new byte[3]));
        sweepIn(Duration.ofHours(23));
        assertThat(caller.contents.names()).hasSize(1);
        sweepIn(Duration.ofHours(2));
        assertThat(caller.contents.names()).isEmpty();
        assertThat(owed()).isEmpty();
    }

    // ---- lists

    @Test
    void lists_are_newest_first_and_both_ways_of_turning_pages_work() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.addFirst(uploaded("f" + i, "x"));
            caller.pass(Duration.ofSeconds(1));
        }
        Reply first = caller.ok(caller.get("/v1/files?limit=2"));
        assertThat(ids("/v1/files?limit=2")).isEqualTo(all.subList(0, 2));
        assertThat(first.body().path("has_more").asBoolean()).isTrue();
        assertThat(first.text("first_id")).isEqualTo(all.get(0));
        assertThat(first.text("last_id")).isEqualTo(all.get(1));
        assertThat(ids("/v1/files?limit=2&page=" + first.text("next_page"))).isEqualTo(all.subList(2, 4));
        assertThat(ids("/v1/files?limit=2&after_id=" + all.get(1))).isEqualTo(all.subList(2, 4));
        Reply last = caller.ok(caller.get("/v1/files?limit=2&after_id=" + all.get(3)));
        assertThat(last.body().path("has_more").asBoolean()).isFalse();
        assertThat(last.body().path("next_page").isNull()).isTrue();
        assertThat(last.body().has("prev_page")).isFalse();
        assertThat(ids("/v1/files?limit=2&before_id=" + all.get(4))).isEqualTo(all.subList(2, 4));
        assertThat(caller.get("/v1/files?limit=2&before_id=" + all.get(4))
                        .body()
                        .path("has_more")
                        .asBoolean())
                .isTrue();
        assertThat(caller.get("/v1/files?limit=2&before_id=" + all.get(2))
                        .body()
                        .path("has_more")
                        .asBoolean())
                .isFalse();
        assertThat(ids("/v1/files")).isEqualTo(all);
        Reply none = caller.ok(caller.get("/v1/files?before_id=" + all.getFirst()));
        assertThat(none.body())
                .isEqualTo(json("{'data':[],'next_page':null,'has_more':false,'first_id':null,'last_id':null}"));
    }

    @Test
    void files_can_be_asked_for_by_their_ids() {
        String one = uploaded("1", "x");
        String two = uploaded("2", "x");
        uploaded("3", "x");
        assertThat(ids("/v1/files?ids[]=" + two + "&ids[]=" + one + "&ids[]=file_1&ids[]=nonsense&ids[]=" + two))
                .containsExactly(two, one);
        assertThat(ids("/v1/files?" + "ids=file_1&".repeat(100))).isEmpty();
        assertThat(caller.get("/v1/files?" + "ids=file_1&".repeat(101)).message())
                .isEqualTo("ids: at most 100 are allowed");
        for (String other : List.of("limit=1", "page=x", "scope_id=x", "after_id=x", "before_id=x"))
            assertThat(caller.get("/v1/files?ids=" + one + "&" + other).status())
                    .isEqualTo(400);
    }

    @Test
    void wrong_pages_are_refused() {
        String one = uploaded("1", "x");
        for (String bad : List.of(
                "limit=0",
                "limit=1001",
                "limit=x",
                "page=x",
                "after_id=file_1",
                "before_id=x",
                "after_id=" + one + "&before_id=" + one,
                "page=x&after_id=" + one))
            assertThat(caller.get("/v1/files?" + bad).status()).as(bad).isEqualTo(400);
        assertThat(caller.get("/v1/files?limit=1000").status()).isEqualTo(200);
        assertThat(ids("/v1/files?scope_id=sesn_1")).isEmpty();
        assertThat(ids("/v1/files?scope_id=nonsense")).isEmpty();
    }
}
