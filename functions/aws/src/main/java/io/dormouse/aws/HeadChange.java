package io.dormouse.aws;

import static io.dormouse.aws.Items.READY;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.ThreadId;
import java.util.Optional;

/** A record of the table's stream, as Lambda hands it to a function. */
public final class HeadChange {
    private HeadChange() {}

    /** Whose head it says that somebody should wake; empty when it says that of none. */
    public static Optional<ThreadId> ready(JsonNode record) {
        JsonNode change = record.path("dynamodb");
        String pk = change.path("Keys").path("pk").path("S").asText();
        boolean head = change.path("Keys").path("sk").path("S").asText().equals("HEAD");
        boolean ready = change.path("NewImage").has(READY);
        return head && ready && pk.startsWith(Items.THREAD)
                ? ThreadId.parse(pk.substring(Items.THREAD.length()))
                : Optional.empty();
    }
}
