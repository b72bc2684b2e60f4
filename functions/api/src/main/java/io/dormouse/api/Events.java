package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.SessionFinder.Found;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Fields;
import io.dormouse.head.Head;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Spill;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import io.dormouse.wire.WireEvents;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /v1/sessions/{id}/events}: send, list, stream; the same views serve the threads of a session. */
@Singleton
public final class Events {
    private final SessionFinder finder;
    private final Posts posts;
    private final EventPages pages;
    private final EventStreams streams;
    private final Spill spill;
    private final Catalog catalog;

    Events(SessionFinder finder, Posts posts, EventPages pages, EventStreams streams, Spill spill, Catalog catalog) {
        this.finder = finder;
        this.posts = posts;
        this.pages = pages;
        this.streams = streams;
        this.spill = spill;
        this.catalog = catalog;
    }

    /** The head of the session, whoever asks. */
    Optional<Head> ahead(Map<String, String> parameters) {
        return finder.read(parameters.get("id"));
    }

    /** @param read ahead: as it was when the request began */
    Answer send(Call call, Optional<Head> read) {
        Head head = finder.head(call, read);
        // Before the events are read: what is wrong with them does not matter to a session that takes none.
        if (head.archivedAt() != null)
            throw Refused.invalid("Cannot send events to archived session: " + head.session());
        List<Input> inputs = new Inputs(call.ids(), spill, head.thread()).events(Fields.of(call.body()));
        if (Inputs.hasSystemMessage(inputs)) checkSystemMessages(call);
        ArrayNode data = Json.array();
        WireEvents view = new WireEvents(head.thread(), "", spill::fill);
        for (Posted posted : posts.post(call, head, inputs)) data.add(view.queued(posted));
        ObjectNode answer = Json.object();
        answer.set("data", data);
        return Answer.ok(answer);
    }

    private void checkSystemMessages(Call call) {
        String model = finder.find(call)
                .document()
                .body()
                .path("agent")
                .path("model")
                .path("id")
                .asText();
        if (!catalog.takesSystemMessages(model))
            throw new Refused(new ApiError.Invalid(
                    "The model " + model + " does not take system messages in the middle of a conversation",
                    "model_does_not_support_mid_conversation_system"));
    }

    public Answer list(Call call) {
        Found found = finder.find(call);
        return Answer.ok(pages.list(
                call, found.head(), view(found.document(), found.head().thread())));
    }

    public Answer stream(Call call) {
        Found found = finder.find(call);
        return streams.stream(
                call, found.head(), view(found.document(), found.head().thread()));
    }

    private WireEvents view(Resource session, ThreadId thread) {
        String agentName = session.body().path("agent").path("name").asText();
        return new WireEvents(thread, agentName, spill::fill);
    }
}
