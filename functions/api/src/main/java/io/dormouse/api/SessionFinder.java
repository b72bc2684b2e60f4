package io.dormouse.api;

import io.dormouse.edge.Call;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.Optional;

/** Finds the session that a request names. Another workspace's session does not exist. */
@Singleton
final class SessionFinder {
    static final String KIND = "session";

    private final Resources resources;
    private final Heads heads;

    SessionFinder(Resources resources, Heads heads) {
        this.resources = resources;
        this.heads = heads;
    }

    /** @param document what does not change in a turn @param head what does */
    record Found(Resource document, Head head) {}

    Found find(Call call) {
        return found(call.workspace(), call.parameter("id")).orElseThrow(() -> missing(call));
    }

    Optional<Found> found(WorkspaceId workspace, String id) {
        return SessionId.parse(id)
                .flatMap(session -> heads.read(session.primaryThread()))
                .filter(head -> visible(head, workspace))
                .flatMap(head -> resources.read(workspace, KIND, id).map(document -> new Found(document, head)));
    }

    /** The head alone, where nothing else is needed: one read. */
    Head head(Call call) {
        Head head = remains(call);
        if (head.deleted()) throw missing(call);
        return head;
    }

    /** The head, be it the stone of a deleted session. */
    Head remains(Call call) {
        return SessionId.parse(call.parameter("id"))
                .flatMap(session -> heads.read(session.primaryThread()))
                .filter(head -> head.workspace().equals(call.workspace()))
                .orElseThrow(() -> missing(call));
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
