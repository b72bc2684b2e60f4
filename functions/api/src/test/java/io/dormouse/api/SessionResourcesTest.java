package io.dormouse.api;

import static io.dormouse.api.Caller.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.api.Caller.Reply;
import io.dormouse.files.FileStore;
import io.dormouse.files.StoredFile;
import io.dormouse.git.Repository;
import io.dormouse.id.FileId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resources;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SessionResourcesTest {
    private final Caller caller = new Caller();

    private String file() {
        return file(null);
    }

    private String file(Instant expiresAt) {
        try {
            FileStore store = caller.files(caller.resources);
            FileStore.Staged staged = store.stage(new ByteArrayInputStream(new byte[] {1, 2, 3}));
            return store.keep(
                            new StoredFile(
                                    Caller.HERE,
                                    new FileId(caller.ids.next("file_")),
                                    "a",
                                    "text/plain",
                                    3,
                                    staged.stored().sha256(),
                                    staged.content(),
                                    caller.now,
                                    expiresAt,
                                    null),
                            staged)
                    .id()
                    .text();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String mount(String file, String path) {
        return "{'type':'file','file_id':'" + file + "'" + (path == null ? "" : ",'mount_path':'" + path + "'") + "}";
    }

    private String session(String... resources) {
        return caller.session(",'resources':[" + String.join(",", resources) + "]");
    }

    private Reply refused(String... resources) {
        return caller.post(
                "/v1/sessions",
                "{'agent':'%s','environment_id':'%s','resources':[%s]}"
                        .formatted(caller.agent(), caller.environment(), String.join(",", resources)));
    }

    private static String path(String session) {
        return "/v1/sessions/" + session + "/resources";
    }

    private List<JsonNode> listed(String session) {
        List<JsonNode> all = new ArrayList<>();
        caller.ok(caller.get(path(session))).body().path("data").forEach(all::add);
        return all;
    }

    private List<?> pins() {
        return caller.resources.list(
                Caller.HERE, "file_pin", new Resources.Query("", true, null, null, null, true, 5000));
    }

    private void sweepIn(Duration time) {
        caller.pass(time);
        caller.files(caller.resources).sweep();
    }

    @Test
    void a_session_has_the_files_that_it_was_made_with() {
        String file = file();
        String session = session(mount(file, null), mount(file, "/workspace/a.csv"));
        List<JsonNode> all = listed(session);
        assertThat(all).hasSize(2);
        assertThat(all.getFirst())
                .isEqualTo(json("{'id':'" + all.getFirst().path("id").asText() + "','type':'file','file_id':'" + file
                        + "','mount_path':'/mnt/session/uploads/" + file
                        + "','created_at':'2026-11-24T10:00:00Z','updated_at':'2026-11-24T10:00:00Z'}"));
        assertThat(all.getFirst().path("id").asText()).startsWith("sesrsc_");
        assertThat(all.getLast().path("mount_path").asText()).isEqualTo("/workspace/a.csv");
        JsonNode whole = caller.ok(caller.get("/v1/sessions/" + session)).body();
        assertThat(whole.path("resources")).containsExactlyElementsOf(all);
        String one = path(session) + "/" + all.getLast().path("id").asText();
        assertThat(caller.ok(caller.get(one)).body()).isEqualTo(all.getLast());
        assertThat(caller.ok(caller.post("/v1/sessions/" + session, "{'title':'new'}"))
                        .body()
                        .path("resources"))
                .hasSize(2);
    }

    @Test
    void files_are_added_and_removed() {
        String session = caller.session("");
        String added =
                caller.ok(caller.post(path(session), mount(file(), "/a/b"))).text("id");
        caller.pass(Duration.ofSeconds(1));
        String second =
                caller.ok(caller.post(path(session), mount(file(), "/a/c"))).text("id");
        assertThat(listed(session)).extracting(r -> r.path("id").asText()).containsExactly(added, second);
        assertThat(caller.ok(caller.delete(path(session) + "/" + added)).body())
                .isEqualTo(json("{'id':'" + added + "','type':'session_resource_deleted'}"));
        assertThat(caller.delete(path(session) + "/" + added).status()).isEqualTo(404);
        assertThat(caller.get(path(session) + "/" + added).status()).isEqualTo(404);
        assertThat(listed(session)).hasSize(1);
        assertThat(pins()).hasSize(1);
        caller.ok(caller.post(path(session), mount(file(), "/a/b")));
    }

    @Test
    void pages_of_resources_go_on_where_the_last_one_ended() {
        String session = caller.session("");
        for (int i = 0; i < 5; i++) {
            caller.ok(caller.post(path(session), mount(file(), "/" + i)));
            caller.pass(Duration.ofMillis(1));
        }
        List<JsonNode> all = listed(session);
        Reply first = caller.ok(caller.get(path(session) + "?limit=2"));
        assertThat(first.body().path("data")).containsExactlyElementsOf(all.subList(0, 2));
        // Also when that one is gone.
        caller.ok(caller.delete(path(session) + "/" + all.get(1).path("id").asText()));
        Reply second = caller.ok(caller.get(path(session) + "?limit=2&page=" + first.text("next_page")));
        assertThat(second.body().path("data")).containsExactlyElementsOf(all.subList(2, 4));
        Reply third = caller.ok(caller.get(path(session) + "?limit=2&page=" + second.text("next_page")));
        assertThat(third.body().path("data")).containsExactlyElementsOf(all.subList(4, 5));
        assertThat(third.body().path("next_page").isNull()).isTrue();
        for (String bad : List.of("limit=0", "limit=1001", "page=x", "page=%2f", "page=c2Vzbg"))
            assertThat(caller.get(path(session) + "?" + bad).status()).as(bad).isEqualTo(400);
    }

    @Test
    void a_mount_path_is_absolute_plain_and_free() {
        String file = file();
        for (String good : List.of("/a", "/mnt/session/uploads/x/y", "/..a/b..", "/" + "x".repeat(255), "/a b/\u00e9"))
            assertThat(refused(mount(file, good)).status()).as(good).isEqualTo(200);
        for (String bad : List.of(
                "",
                "a",
                "./a",
                "/",
                "//a",
                "/a/",
                "/a//b",
                "/../a",
                "/a/../../etc/passwd",
                "/a/.",
                "/.",
                "/mnt/session/uploads",
                "/mnt/session/uploads/",
                "/mnt/session/uploads/../outputs/x",
                "/" + "x".repeat(256),
                "/x".repeat(600),
                "/a\\u0000b",
                "/a\\nb",
                "/" + "y/".repeat(2100) + "y")) {
            Reply answer = refused(mount(file, bad));
            assertThat(answer.status()).as(bad).isEqualTo(400);
            assertThat(answer.message()).startsWith("resources.0.mount_path: ");
        }
        assertThat(refused(mount(file, "/a"), mount(file, "/a")).message())
                .isEqualTo("resources.1.mount_path: another resource of this session is mounted there");
        // One path by two names.
        assertThat(refused(mount(file, "/a"), mount(file, "/mnt/session/uploads/a"))
                        .status())
                .isEqualTo(400);
        assertThat(refused(mount(file, "/a"), mount(file, "/a/b")).status()).isEqualTo(400);
        assertThat(refused(mount(file, "/a/b/c"), mount(file, "/a/b")).status()).isEqualTo(400);
        assertThat(refused(mount(file, null), mount(file, null)).status()).isEqualTo(400);
        String session = session(mount(file, "/a"));
        assertThat(caller.post(path(session), mount(file, "/a/b")).message()).startsWith("mount_path: it, or a folder");
    }

    @Test
    void what_is_not_there_or_not_supported_is_refused_and_pins_nothing() {
        String file = file();
        assertThat(refused(mount(file, null), mount("file_1", null)).message())
                .isEqualTo("resources.1.file_id: there is no file file_1");
        assertThat(refused(mount(file, null), mount("nonsense", null)).status()).isEqualTo(400);
        assertThat(refused(mount(file, null), "{'type':'memory_store','url':'https://x.org/a'}")
                        .message())
                .isEqualTo("resources.1.type: this kind of resource is not supported by this server yet");
        assertThat(refused(mount(file, null), "{'type':'github_repository','url':'https://x.org/a'}")
                        .message())
                .isEqualTo("resources.1.authorization_token: is required");
        assertThat(refused("{'type':'file'}").message()).isEqualTo("resources.0.file_id: is required");
        assertThat(refused("{'type':'what'}").status()).isEqualTo(400);
        String session = caller.session("");
        assertThat(caller.post(path(session), mount("file_1", null)).status()).isEqualTo(400);
        assertThat(caller.post(path(session), "{'type':'github_repository','url':'https://x.org/a'}")
                        .status())
                .isEqualTo(400);
        assertThat(pins()).isEmpty();
    }

    @Test
    void nine_hundred_and_ninety_nine_resources_and_no_more() {
        String file = file();
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 1000; i++) many.add(mount(file, "/" + i));
        assertThat(refused(many.toArray(String[]::new)).message()).isEqualTo("resources: must have at most 999 items");
        String session = session(many.subList(0, 999).toArray(String[]::new));
        assertThat(listed(session)).hasSize(999);
        assertThat(caller.post(path(session), mount(file, "/more")).message()).contains("can have no more");
        assertThat(pins()).hasSize(999);
    }

    @Test
    void only_repositories_could_be_updated() {
        String session = session(mount(file(), null));
        String one = path(session) + "/" + listed(session).getFirst().path("id").asText();
        assertThat(caller.post(one, "{'authorization_token':'x'}").message()).contains("this one is a file");
        assertThat(caller.post(one, "{}").message()).contains("this one is a file");
        assertThat(caller.post(path(session) + "/sesrsc_1", "{'authorization_token':'x'}")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void an_archived_session_keeps_its_resources_as_they_are() {
        String session = session(mount(file(), null));
        String one = path(session) + "/" + listed(session).getFirst().path("id").asText();
        caller.ok(caller.post("/v1/sessions/" + session + "/archive", "{}"));
        assertThat(caller.delete(one).status()).isEqualTo(400);
        assertThat(caller.post(path(session), mount(file(), "/b")).status()).isEqualTo(400);
        assertThat(listed(session)).hasSize(1);
    }

    @Test
    void another_workspace_sees_none_of_it() {
        String session = session(mount(file(), null));
        String one = path(session) + "/" + listed(session).getFirst().path("id").asText();
        caller.workspace = new WorkspaceId("there");
        for (Reply reply : List.of(
                caller.get(path(session)),
                caller.get(one),
                caller.delete(one),
                caller.post(one, "{'authorization_token':'x'}"),
                caller.post(path(session), mount("file_1", null))))
            assertThat(reply.status()).isEqualTo(404);
    }

    // ---- erasing

    @Test
    void a_deleted_file_is_kept_for_the_sessions_that_have_it_and_goes_with_the_last() {
        String file = file();
        String one = session(mount(file, null));
        String two = session(mount(file, null));
        caller.ok(caller.delete("/v1/files/" + file));
        assertThat(caller.contents.names()).hasSize(1);
        assertThat(refused(mount(file, null)).status()).isEqualTo(400);
        sweepIn(Duration.ofDays(30));
        assertThat(caller.contents.names()).hasSize(1);
        caller.ok(caller.delete("/v1/sessions/" + one));
        assertThat(caller.contents.names()).hasSize(1);
        String resource = listed(two).getFirst().path("id").asText();
        caller.ok(caller.delete(path(two) + "/" + resource));
        assertThat(caller.contents.names()).isEmpty();
        assertThat(pins()).isEmpty();
        sweepIn(Duration.ofDays(2));
        assertThat(caller.resources.list(
                        WorkspaceId.SYSTEM, "erasure", new Resources.Query("", true, null, null, null, true, 10)))
                .isEmpty();
    }

    @Test
    void an_expired_file_is_kept_for_the_session_that_has_it() {
        String file = file(caller.now.plus(Duration.ofHours(1)));
        String session = session(mount(file, null));
        sweepIn(Duration.ofHours(2));
        assertThat(caller.get("/v1/files/" + file).status()).isEqualTo(404);
        assertThat(caller.contents.names()).hasSize(1);
        caller.ok(caller.delete("/v1/sessions/" + session));
        assertThat(caller.contents.names()).isEmpty();
    }

    @Test
    void a_session_leaves_the_file_of_others_alone() {
        String file = file();
        String session = session(mount(file, null));
        caller.ok(caller.delete("/v1/sessions/" + session));
        assertThat(caller.contents.names()).hasSize(1);
        assertThat(pins()).isEmpty();
        caller.ok(caller.delete("/v1/files/" + file));
        assertThat(caller.contents.names()).isEmpty();
    }

    @Test
    void a_pin_of_a_session_that_never_came_to_be_holds_nothing() {
        String file = file();
        caller.files(caller.resources).pin(Caller.HERE, new FileId(file), caller.ids.session(), "sesrsc_1");
        caller.ok(caller.delete("/v1/files/" + file));
        assertThat(caller.contents.names()).hasSize(1);
        sweepIn(Duration.ofDays(2));
        assertThat(caller.contents.names()).isEmpty();
        assertThat(pins()).isEmpty();
    }

    @Test
    void a_session_that_a_first_attempt_made_keeps_what_it_has_whatever_the_second_one_finds_amiss() {
        String file = file();
        String body = "{'agent':'%s','environment_id':'%s','resources':[%s,%s]}"
                .formatted(
                        caller.agent(),
                        caller.environment(),
                        "{'type':'github_repository','url':'https://github.com/me/repo','authorization_token':'Token'}",
                        mount(file, null));
        Instant began = caller.now;
        caller.ids = new Ids(() -> began, new Random(1));
        Reply first = caller.ok(caller.post("/v1/sessions", body));
        caller.ok(caller.delete("/v1/files/" + file));
        caller.ids = new Ids(() -> began, new Random(1));
        caller.firstTriedAt = began;
        assertThat(caller.ok(caller.post("/v1/sessions", body)).body()).isEqualTo(first.body());
        assertThat(caller.safe.tokens(Repository.vault(new SessionId(first.text("id")))))
                .containsExactly("Token");
        assertThat(pins()).hasSize(1);
    }
}
