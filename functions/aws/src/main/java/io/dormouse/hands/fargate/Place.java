package io.dormouse.hands.fargate;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.dormouse.hands.fargate.HandRecord.Intent;

/**
 * One place of the warm pool, and the spare task that fills it. Whoever fills or empties it swaps this first, so a place never
 * has two. It is never deleted: versions of it do not come back. A stored name is a promise: names and fields are only ever
 * added.
 *
 * @param number from 0
 * @param version rises by one with every swap
 */
public record Place(int number, long version, Stage stage) {

    /** How far the spare is. {@code as} is how it was asked for: a deployment that asks otherwise replaces it. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "stage")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Stage.Empty.class, name = "empty"),
        @JsonSubTypes.Type(value = Stage.Asked.class, name = "asked"),
        @JsonSubTypes.Type(value = Stage.Started.class, name = "started"),
        @JsonSubTypes.Type(value = Stage.Ready.class, name = "ready"),
    })
    public sealed interface Stage {
        record Empty() implements Stage {}

        /** There may be a task, or not: whoever asks with the same intent gets the same one. */
        record Asked(Intent intent, Placement as) implements Stage {}

        /** @param task its ARN */
        record Started(Intent intent, Placement as, String task) implements Stage {}

        /** It has answered, and is there for whoever makes its {@link Claim}. @param host its private address */
        record Ready(Intent intent, Placement as, String task, String host) implements Stage {}
    }

    static Place first(int number) {
        return new Place(number, 1, new Stage.Empty());
    }

    Place next(Stage after) {
        return new Place(number, version + 1, after);
    }

    /** Whether the task that carries this token fills it. */
    boolean owns(String token) {
        return switch (stage) {
            case Stage.Empty e -> false;
            case Stage.Asked a -> a.intent().token().equals(token);
            case Stage.Started s -> s.intent().token().equals(token);
            case Stage.Ready r -> r.intent().token().equals(token);
        };
    }
}
