package io.dormouse.wake;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.aws.HeadChange;
import io.dormouse.id.ThreadId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the function is invoked with. */
sealed interface Event {
    /** {@code {"thread": id}}: work on it. */
    record Wake(ThreadId thread) implements Event {}

    /** A batch of the table's stream. */
    record Changes(List<Change> changes) implements Event {}

    /** {@code {"sweep": true}}: look for what every other wake was lost for. */
    record Sweep() implements Event {}

    /** @param ready the thread that somebody should wake, if the record says so of one */
    record Change(String sequenceNumber, Optional<ThreadId> ready) {}

    /** @throws IllegalArgumentException when it is none of these */
    static Event of(JsonNode json) {
        if (json.path("sweep").asBoolean()) return new Sweep();
        if (json.path("Records").isArray()) {
            List<Change> changes = new ArrayList<>();
            for (JsonNode record : json.path("Records"))
                changes.add(new Change(
                        record.path("dynamodb").path("SequenceNumber").asText(), HeadChange.ready(record)));
            return new Changes(List.copyOf(changes));
        }
        return ThreadId.parse(json.path("thread").asText())
                .map(Wake::new)
                .orElseThrow(() -> new IllegalArgumentException("not an event of this function"));
    }
}
