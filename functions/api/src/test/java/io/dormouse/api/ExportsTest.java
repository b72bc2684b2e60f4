package io.dormouse.api;

import static io.dormouse.api.Caller.answers;
import static io.dormouse.api.Caller.says;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.edge.Answer;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog;
import io.dormouse.verify.ExportReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExportsTest {
    private final Caller caller = new Caller();
    private final String id = caller.session("");
    private final Brain brain = new Brain(caller, id);
    private final String path = "/v1/sessions/" + id + "/export";

    private List<byte[]> export() throws Exception {
        return export(caller.log);
    }

    private List<byte[]> export(SessionLog log) throws Exception {
        List<byte[]> lines = new ArrayList<>();
        Answer answer = caller.answer(caller.routes(caller.heads, log, caller.resources), "GET", path, Json.object());
        ((Answer.Lines) answer).feed().feed(lines::add);
        return lines;
    }

    private static ExportReader.Result read(List<byte[]> lines) {
        ExportReader reader = new ExportReader();
        lines.forEach(reader::add);
        return reader.end();
    }

    @Test
    void a_session_at_work_with_large_mail_is_exported_whole() throws Exception {
        caller.ok(caller.send(id, says("x".repeat(50_000)), says("small")));
        brain.turn("hello");
        caller.ok(caller.send(id, says("look")));
        brain.claim().tell().asks("sevt_q1");
        caller.ok(caller.send(id, answers("sevt_q1"), says("y".repeat(50_000))));
        List<byte[]> lines = export();
        assertThat(read(lines).findings()).isEmpty();
        assertThat(read(lines).summary().turns()).isEqualTo(2);
        assertThat(lines).anyMatch(line -> new String(line, StandardCharsets.UTF_8).contains("x".repeat(50_000)));
        assertThat(lines).anyMatch(line -> new String(line, StandardCharsets.UTF_8).contains("y".repeat(50_000)));
    }

    @Test
    void an_archived_session_is_exported() throws Exception {
        brain.tell();
        caller.ok(caller.post("/v1/sessions/" + id + "/archive", "{}"));
        brain.rests();
        List<byte[]> lines = export();
        assertThat(read(lines).findings()).isEmpty();
        assertThat(new String(lines.getLast(), StandardCharsets.UTF_8)).contains("\"status\":\"terminated\"");
    }

    @Test
    void what_is_not_there_or_not_ours_is_a_404() {
        assertThat(caller.get("/v1/sessions/sesn_1/export").status()).isEqualTo(404);
        caller.workspace = new WorkspaceId("elsewhere");
        assertThat(caller.get(path).status()).isEqualTo(404);
        caller.workspace = Caller.HERE;
        assertThat(caller.get(path).status()).isEqualTo(200);
        caller.ok(caller.delete("/v1/sessions/" + id));
        assertThat(caller.get(path).status()).isEqualTo(404);
    }

    @Test
    void a_session_that_is_deleted_on_the_way_is_broken_off() {
        for (int i = 0; i < 3; i++) {
            caller.ok(caller.send(id, says("hi")));
            brain.turn("hello");
        }
        SessionLog vanishing = new SessionLog() {
            @Override
            public Appended append(ThreadId thread, Entry entry) {
                throw new AssertionError("an export writes nothing");
            }

            @Override
            public List<Entry> read(ThreadId thread, long after, int limit) {
                caller.ok(caller.delete("/v1/sessions/" + id));
                return List.of();
            }

            @Override
            public void drop(ThreadId thread) {}
        };
        assertThatThrownBy(() -> export(vanishing)).hasMessageContaining("deleted");
    }

    @Test
    void lost_entries_are_found() throws Exception {
        for (int i = 0; i < 3; i++) {
            caller.ok(caller.send(id, says("hi")));
            brain.turn("hello");
        }
        ThreadId thread = new SessionId(id).primaryThread();
        List<Entry> entries = caller.log.read(thread, 0, 100);
        caller.log.drop(thread);
        for (Entry entry : entries.subList(0, 4)) caller.log.append(thread, entry);
        assertThat(read(export()).findings()).isNotEmpty();
    }

    @Test
    void a_client_that_leaves_ends_it() throws Exception {
        for (int i = 0; i < 3; i++) {
            caller.ok(caller.send(id, says("hi")));
            brain.turn("hello");
        }
        int[] lines = {0};
        Answer.Lines answer = (Answer.Lines) caller.answer(caller.routes, "GET", path, Json.object());
        answer.feed().feed(line -> ++lines[0] < 3);
        assertThat(lines[0]).isEqualTo(3);
    }

    @Test
    void facts_that_no_event_shows_are_in_it() throws Exception {
        caller.ok(caller.send(id, says("hi")));
        brain.claim().tell(new Fact.HandAttached("hand_1")).says("hello").settle();
        assertThat(export()).anyMatch(line -> new String(line, StandardCharsets.UTF_8).contains("hand_attached"));
    }
}
