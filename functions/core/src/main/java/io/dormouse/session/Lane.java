package io.dormouse.session;

/** Inputs of one lane are taken in the order they were posted; a lane may overtake another. */
public enum Lane {
    /** Interrupts: before everything else. */
    URGENT,
    /** Answers to open questions. */
    ANSWER,
    /** What a turn is about: user and system messages. */
    MESSAGE,
    /** Notes for the log that start no work: the session was updated, archived. */
    NOTICE
}
