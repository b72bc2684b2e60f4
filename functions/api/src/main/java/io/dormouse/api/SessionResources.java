package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.json.Json;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.List;

/** {@code /v1/sessions/{id}/resources}. There are no files to attach yet, so a session has no resources. */
@Singleton
public final class SessionResources {
    private final SessionFinder finder;

    SessionResources(SessionFinder finder) {
        this.finder = finder;
    }

    public Answer list(Call call) {
        finder.find(call);
        ObjectNode answer = Json.object();
        answer.putArray("data");
        answer.putNull("next_page");
        return Answer.ok(answer);
    }

    public Answer add(Call call) {
        finder.find(call);
        Fields body = Fields.of(call.body());
        body.oneOf("type", List.of("file"));
        throw Refused.notFound("No file " + body.text("file_id", 1, 200));
    }

    /** Get, update and delete alike: there is none. */
    public Answer one(Call call) {
        finder.find(call);
        throw Refused.notFound("No resource " + call.parameter("resource"));
    }

    /** Refuses what a new session cannot have yet. */
    static void check(Fields session) {
        for (Fields resource : session.objects("resources", 999)) {
            switch (resource.oneOf("type", List.of("file", "github_repository", "memory_store"))) {
                case "file" -> throw resource.refuse("file_id", "there is no file " + resource.text("file_id", 1, 200));
                default -> throw resource.refuse("type", "this kind of resource is not supported by this server yet");
            }
        }
    }
}
