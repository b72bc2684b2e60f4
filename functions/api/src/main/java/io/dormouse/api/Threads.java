package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.SessionFinder.Found;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.head.Head;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import io.dormouse.wire.UsageView;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;

/** {@code /v1/sessions/{id}/threads}. For now a session has one thread, the primary one, and it is the session's own log. */
@Singleton
public final class Threads {
    private static final List<String> STATUSES = List.of("idle", "running", "rescheduling", "terminated");

    private final SessionFinder finder;
    private final Events events;
    private final InstantSource clock;

    Threads(SessionFinder finder, Events events, InstantSource clock) {
        this.finder = finder;
        this.events = events;
        this.clock = clock;
    }

    public Answer list(Call call) {
        Found found = finder.find(call);
        List<String> statuses = call.query().texts("statuses", STATUSES);
        call.query().integer("limit", 100, 1, 1000);
        if (call.query().text("page") != null) throw Refused.invalid("page: is not a cursor of this list");
        ObjectNode answer = Json.object();
        ObjectNode thread = view(found);
        boolean wanted =
                statuses.isEmpty() || statuses.contains(thread.path("status").asText());
        answer.putArray("data").addAll(wanted ? List.of(thread) : List.of());
        answer.putNull("next_page");
        return Answer.ok(answer);
    }

    public Answer get(Call call) {
        return Answer.ok(view(primary(call)));
    }

    public Answer archive(Call call) {
        primary(call);
        throw Refused.invalid("The primary thread ends with its session: archive the session");
    }

    public Answer listEvents(Call call) {
        primary(call);
        return events.list(call);
    }

    public Answer stream(Call call) {
        primary(call);
        return events.stream(call);
    }

    private Found primary(Call call) {
        Found found = finder.find(call);
        String named = call.parameter("thread");
        if (!found.head().thread().text().equals(named)) throw Refused.notFound("No thread " + named);
        return found;
    }

    private ObjectNode view(Found found) {
        Head head = found.head();
        ObjectNode agent = found.document().body().path("agent").deepCopy();
        agent.remove("multiagent");
        long active = head.active(clock.instant()).toMillis();
        ObjectNode view = Json.object()
                .put("id", head.thread().text())
                .put("type", "session_thread")
                .put("session_id", head.session().text())
                .putNull("parent_thread_id");
        view.set("agent", agent);
        view.put("status", head.status().name().toLowerCase(Locale.ROOT));
        view.putObject("stats")
                .put("active_seconds", UsageView.seconds(active))
                .put("duration_seconds", UsageView.seconds(Sessions.lived(head, clock.instant())))
                .put("startup_seconds", 0);
        view.set("usage", UsageView.of(head.snapshot().usage(), active));
        return view.putNull("workflow_run_id")
                .put("created_at", head.createdAt().toString())
                .put("updated_at", head.updatedAt().toString())
                .put(
                        "archived_at",
                        head.archivedAt() == null ? null : head.archivedAt().toString());
    }
}
