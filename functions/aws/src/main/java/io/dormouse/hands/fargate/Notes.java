package io.dormouse.hands.fargate;

import io.dormouse.hands.fargate.HandRecord.Checkpoint;

/** What the model is told of a sandbox that is not the one that it knew. */
final class Notes {
    private Notes() {}

    /** Nothing is left. */
    static String lost(String why) {
        return "The sandbox was lost (" + why + "). This is a new one: what the earlier one held, its files and its"
                + " running programs, is gone.";
    }

    /**
     * Null after a rest of which everything came back: a client takes a note for an error.
     *
     * @param lost null, or what happened after the checkpoint
     * @param problem null, or what is not as it was then
     */
    static String restored(String lost, Checkpoint checkpoint, String problem) {
        if (lost == null)
            return problem == null
                    ? null
                    : "The sandbox was stopped while nobody used it, and not all of it came back. " + problem;
        String note = "The sandbox was lost (" + lost + "). This is a new one with the files that were saved at "
                + checkpoint.at() + ". What came later, and its running programs, are gone.";
        return problem == null ? note : note + " " + problem;
    }

    /** Of two that come one after the other, each of which may be null. */
    static String together(String earlier, String later) {
        return earlier == null ? later : later == null ? earlier : earlier + " " + later;
    }
}
