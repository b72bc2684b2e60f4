package io.dormouse.api;

import io.dormouse.edge.Call;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.head.Snapshot;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.session.Checkpoint;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.SessionLog;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the session that a request names. Another workspace's session does not exist. */
@Singleton
final class SessionFinder {
    static final String KIND = "session";
    private static final int READ = 500;

    private final Resources resources;
    private final Heads heads;
    private final SessionLog log;

    SessionFinder(Resources resources, Heads heads, SessionLog log) {
        this.resources = resources;
        this.heads = heads;
        this.log = log;
    }

    /** @param document what does not change in a turn @param head what does */
    record Found(Resource document, Head head) {}

    Found find(Call call) {
        return found(call.workspace(), call.parameter("id")).orElseThrow(() -> missing(call));
    }

    Optional<Found> found(WorkspaceId workspace, String id) {
        return read(id).filter(head -> visible(head, workspace))
                .map(this::current)
                .flatMap(head -> resources.read(workspace, KIND, id).map(document -> new Found(document, head)));
    }

    /** The head alone, where nothing else is needed: one read. */
    Head head(Call call) {
        return head(call, read(call.parameter("id")));
    }

    /** The same, of what {@link #read} found. */
    Head head(Call call, Optional<Head> read) {
        return read.filter(head -> visible(head, call.workspace()))
                .map(this::current)
                .orElseThrow(() -> missing(call));
    }

    /** The head alone, as it is stored, and whosever it is. */
    Optional<Head> read(String id) {
        return SessionId.parse(id).flatMap(session -> heads.read(session.primaryThread()));
    }

    /** The head, be it the stone of a deleted session. */
    Head remains(Call call) {
        return read(call.parameter("id"))
                .filter(head -> head.workspace().equals(call.workspace()))
                .map(this::current)
                .orElseThrow(() -> missing(call));
    }

    /**
     * Clients read in the log that a turn is over before its owner has noted it in the head, and act on it: then the head
     * is the one that the log gives.
     */
    private Head current(Head head) {
        if (!head.lease().held() || head.status() != Head.Status.RUNNING) return head;
        List<Entry> news = log.read(head.thread(), head.snapshot().position(), READ);
        if (news.isEmpty() || news.size() == READ || !rests(news.getLast())) return head;
        long base = head.snapshot().base();
        return Checkpoint.resume(readOn(head, base), base)
                .or(() -> Checkpoint.resume(readOn(head, 0), 0))
                .map(conversation -> head.knowing(Snapshot.of(conversation)))
                .orElse(head);
    }

    private List<Entry> readOn(Head head, long after) {
        List<Entry> entries = new ArrayList<>();
        List<Entry> page;
        do {
            page = log.read(head.thread(), after + entries.size(), READ);
            entries.addAll(page);
        } while (page.size() == READ);
        return entries;
    }

    private static boolean rests(Entry entry) {
        return entry.facts().stream()
                .anyMatch(fact -> fact instanceof Fact.TurnEnded
                        || fact instanceof Fact.ClientAwaited
                        || fact instanceof Fact.BudgetReached);
    }

    private static boolean visible(Head head, WorkspaceId workspace) {
        return !head.deleted() && head.workspace().equals(workspace);
    }

    static Refused missing(Call call) {
        return missing(call.parameter("id"));
    }

    static Refused missing(String id) {
        return Refused.notFound("No session " + id);
    }
}
