package io.dormouse.session;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.EventId;

/** Something from outside that the log shall tell. The names are stored: they are never changed. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "input")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Input.UserMessage.class, name = "user_message"),
    @JsonSubTypes.Type(value = Input.SystemMessage.class, name = "system_message"),
    @JsonSubTypes.Type(value = Input.Interrupt.class, name = "interrupt"),
    @JsonSubTypes.Type(value = Input.Confirmation.class, name = "confirmation"),
    @JsonSubTypes.Type(value = Input.CustomResult.class, name = "custom_result"),
    @JsonSubTypes.Type(value = Input.Updated.class, name = "updated"),
    @JsonSubTypes.Type(value = Input.Archived.class, name = "archived"),
})
public sealed interface Input {
    EventId id();

    /** @param content array of content blocks; or, when large, the reference that {@code Spill} left */
    record UserMessage(EventId id, JsonNode content) implements Input {}

    record SystemMessage(EventId id, JsonNode content) implements Input {}

    record Interrupt(EventId id) implements Input {}

    /** An answer to a call that waits for permission. */
    sealed interface Answer extends Input {
        /** The event of the call that is answered. */
        EventId call();
    }

    /** @param denyMessage null unless denied with a reason */
    record Confirmation(EventId id, EventId call, boolean allow, String denyMessage) implements Answer {}

    /** @param content array of content blocks, may be empty */
    record CustomResult(EventId id, EventId call, JsonNode content, boolean isError) implements Answer {}

    /**
     * @param changes the changed fields as {@code session.updated} shows them: agent (whole), title, metadata, budget
     */
    record Updated(EventId id, JsonNode changes) implements Input {}

    record Archived(EventId id) implements Input {}

    default Lane lane() {
        return switch (this) {
            case Interrupt i -> Lane.URGENT;
            case Answer a -> Lane.ANSWER;
            case UserMessage m -> Lane.MESSAGE;
            case SystemMessage m -> Lane.MESSAGE;
            case Updated u -> Lane.NOTICE;
            case Archived a -> Lane.NOTICE;
        };
    }
}
