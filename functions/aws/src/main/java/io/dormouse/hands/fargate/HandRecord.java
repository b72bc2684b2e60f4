package io.dormouse.hands.fargate;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.dormouse.hands.HandId;
import io.dormouse.id.SessionId;
import java.time.Instant;

/**
 * What is known of a thread's hand: the small record that decides its races. Whoever starts, takes over or stops a hand swaps
 * this first. A stored name is a promise: names and fields are only ever added.
 *
 * @param version rises by one with every swap
 * @param epoch of the last owner who had it
 * @param lost null, or what happened to an earlier task of this hand, which the model has not been told yet
 */
public record HandRecord(HandId hand, long version, SessionId session, long epoch, Phase phase, String lost) {

    /** How far the hand is. A task is of this record if it carries the token of this phase, and of none otherwise. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "phase")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Phase.None.class, name = "none"),
        @JsonSubTypes.Type(value = Phase.Asked.class, name = "asked"),
        @JsonSubTypes.Type(value = Phase.Started.class, name = "started"),
        @JsonSubTypes.Type(value = Phase.Reached.class, name = "reached"),
    })
    public sealed interface Phase {
        record None() implements Phase {}

        /** There may be a task, or not: whoever asks with the same intent gets the same one. */
        record Asked(Intent intent) implements Phase {}

        /** @param task its ARN */
        record Started(Intent intent, String task) implements Phase {}

        /** It has answered. @param host its private address */
        record Reached(Intent intent, String task, String host) implements Phase {}
    }

    /**
     * What is asked of ECS, such that it can be asked again, by anybody and to the letter.
     *
     * @param token the request's key, and the name that the supervisor goes by
     * @param secret what it admits callers by; the task is told the SHA-256
     * @param epoch of the owner who asked first
     */
    public record Intent(String token, String secret, long epoch, Instant at) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Intent[" + token + ", epoch=" + epoch + ", at=" + at + "]";
        }
    }

    static HandRecord asking(HandId hand, SessionId session, Intent intent) {
        return new HandRecord(hand, 1, session, intent.epoch(), new Phase.Asked(intent), null);
    }

    /** The next version. An owner never lowers the epoch. */
    HandRecord next(long byEpoch, Phase after) {
        return next(byEpoch, after, lost);
    }

    HandRecord next(long byEpoch, Phase after, String whatIsLost) {
        return new HandRecord(hand, version + 1, session, byEpoch, after, whatIsLost);
    }

    /** Whether the task that carries this token is this hand's. */
    boolean owns(String token) {
        return switch (phase) {
            case Phase.None n -> false;
            case Phase.Asked a -> a.intent().token().equals(token);
            case Phase.Started s -> s.intent().token().equals(token);
            case Phase.Reached r -> r.intent().token().equals(token);
        };
    }
}
