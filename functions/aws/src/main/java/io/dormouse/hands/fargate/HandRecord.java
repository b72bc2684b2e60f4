package io.dormouse.hands.fargate;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.dormouse.hands.HandId;
import io.dormouse.hands.Tenure;
import io.dormouse.id.SessionId;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What is known of a thread's hand: the small record that decides its races. Whoever starts, takes over or stops a hand swaps
 * this first. A stored name is a promise: names and fields are only ever added.
 *
 * @param version rises by one with every swap
 * @param epoch of the last owner who had it
 * @param lost null, or what happened to an earlier task of this hand, until there is another one
 * @param checkpoint null, or what every new task of this hand is given before it is used
 * @param stale names of contents that may be there, and are of no use: to be deleted with the next rest, or with the hand
 * @param note null, or what the model is to be told of it, and has not been for sure
 */
public record HandRecord(
        HandId hand,
        long version,
        SessionId session,
        long epoch,
        Phase phase,
        String lost,
        Checkpoint checkpoint,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> stale,
        @JsonInclude(JsonInclude.Include.NON_NULL) String note) {

    public HandRecord {
        stale = stale == null ? List.of() : List.copyOf(stale);
    }

    /** Of a hand that never rested. */
    public HandRecord(HandId hand, long version, SessionId session, long epoch, Phase phase, String lost) {
        this(hand, version, session, epoch, phase, lost, null, List.of(), null);
    }

    /** A workspace as it was. @param content its name in the store of contents, given once */
    public record Checkpoint(String content, String sha256, long sizeBytes, Instant at) {}

    /** How far the hand is. A task is of this record if it carries the token of this phase, and of none otherwise. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "phase")
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Phase.None.class, name = "none"),
        @JsonSubTypes.Type(value = Phase.Asked.class, name = "asked"),
        @JsonSubTypes.Type(value = Phase.Started.class, name = "started"),
        @JsonSubTypes.Type(value = Phase.Reached.class, name = "reached"),
        @JsonSubTypes.Type(value = Phase.Saving.class, name = "saving"),
    })
    public sealed interface Phase {
        record None() implements Phase {}

        /** There may be a task, or not: whoever asks with the same intent gets the same one. */
        record Asked(Intent intent) implements Phase {}

        /** @param task its ARN */
        record Started(Intent intent, String task) implements Phase {}

        /** It has answered. @param host its private address */
        record Reached(Intent intent, String task, String host) implements Phase {}

        /**
         * It rests, and is stopped once its workspace is saved. Whoever wakes makes it reached again.
         *
         * @param into the name of what becomes the checkpoint, of this attempt alone
         * @param since the first attempt
         * @param until then whoever saves is taken for dead
         */
        record Saving(Intent intent, String task, String host, String into, Instant since, Instant until)
                implements Phase {
            Reached reached() {
                return new Reached(intent, task, host);
            }

            /** Another attempt need not wait. */
            Saving failed(Instant at) {
                return new Saving(intent, task, host, into, since, at);
            }
        }
    }

    /**
     * What is asked of ECS, such that it can be asked again, by anybody and to the letter.
     *
     * @param token the request's key, and the name that the supervisor goes by
     * @param secret what it admits callers by; the task is told the SHA-256
     * @param epoch of the owner who asked first
     */
    public record Intent(String token, String secret, long epoch, Instant at) {
        /** The same task, as if it had been asked for now. */
        Intent from(Intent now) {
            return new Intent(token, secret, now.epoch(), now.at());
        }

        /** Without the secret. */
        @Override
        public String toString() {
            return "Intent[" + token + ", epoch=" + epoch + ", at=" + at + "]";
        }
    }

    static HandRecord first(HandId hand, Tenure tenure, Phase phase) {
        return new HandRecord(hand, 1, tenure.session(), tenure.epoch(), phase, null);
    }

    /** The next version. An owner never lowers the epoch. */
    HandRecord next(long byEpoch, Phase after) {
        return next(byEpoch, after, lost);
    }

    HandRecord next(long byEpoch, Phase after, String whatIsLost) {
        return next(byEpoch, after, whatIsLost, checkpoint);
    }

    /** What is not the checkpoint any more, or was to be it, is stale from now on. */
    HandRecord next(long byEpoch, Phase after, String whatIsLost, Checkpoint kept) {
        Set<String> names = new LinkedHashSet<>(contents());
        if (kept != null) names.remove(kept.content());
        return new HandRecord(hand, version + 1, session, byEpoch, after, whatIsLost, kept, List.copyOf(names), note);
    }

    /** Without what is stale: it has been deleted. */
    HandRecord tidied() {
        return new HandRecord(hand, version + 1, session, epoch, phase, lost, checkpoint, List.of(), note);
    }

    /** The same version, with another note. */
    HandRecord noting(String other) {
        return new HandRecord(hand, version, session, epoch, phase, lost, checkpoint, stale, other);
    }

    /** The next version, once the model has been told. */
    HandRecord told() {
        return next(epoch, phase).noting(null);
    }

    /** Names of all contents of this hand that may be there. */
    Set<String> contents() {
        Set<String> names = new LinkedHashSet<>(stale);
        if (checkpoint != null) names.add(checkpoint.content());
        if (phase instanceof Phase.Saving saving) names.add(saving.into());
        return names;
    }

    /** Whether the task that carries this token is this hand's. */
    boolean owns(String token) {
        return switch (phase) {
            case Phase.None n -> false;
            case Phase.Asked a -> a.intent().token().equals(token);
            case Phase.Started s -> s.intent().token().equals(token);
            case Phase.Reached r -> r.intent().token().equals(token);
            case Phase.Saving s -> s.intent().token().equals(token);
        };
    }
}
