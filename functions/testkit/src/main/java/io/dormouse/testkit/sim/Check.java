package io.dormouse.testkit.sim;

/** The promises, each with what it says. */
public enum Check {
    I1_TOTAL_ORDER("the entries of a log are 1, 2, 3 and so on, and are read in that order"),
    I2_PREFIX_STABILITY("what was read at a position is read there for ever"),
    I3_FENCED_WRITERS(
            "no entry of a lower epoch lands behind one of a higher epoch; epochs of a head never fall, and rise with every claim"),
    I4_ACKNOWLEDGED_IS_DURABLE("an input that was accepted is in the log exactly once, as it was sent"),
    I5_A_REPEAT_IS_THE_SAME("a request or an append that is repeated finds what its first attempt did"),
    I6_ONE_RESULT_FOR_EACH_CALL("every call has exactly one result before the model is asked again"),
    I7_EFFECTS_AT_MOST_ONCE(
            "a hand runs a call at most once while it lives, and always hears of it under the key that the log has"),
    I8_INTENT_BEFORE_EFFECT("a call is in the log before a hand hears of it"),
    I9_NO_LOST_WAKE_UP("a session that owes work and has no living owner gets one soon"),
    I10_ORDER_OF_INPUT("the log and the model see messages in the order in which they were accepted"),
    I11_LEGAL_TRANSCRIPT("every model request is legal"),
    I12_BUDGET(
            "what requests cost is never more than what the log counts and sets aside, and that never more than the budget"),
    I15_STREAM_IS_LOG("what a watcher was sent is the log, once and in order"),
    I16_A_KILL_KILLS("after a session was archived or deleted nobody who could know starts anything"),
    I17_BOUNDED_RETRIES("nothing is tried again without end"),
    I18_DETERMINISM("the same seed gives the same history"),
    LEASE_BEFORE_WORK("nobody whose lease was taken starts anything, as far as he can know"),
    ONE_REQUEST_AT_A_TIME("an owner makes one model request at a time, and only one that the log tells"),
    USAGE_COUNTS_ONCE("what the model says it used is told once, and the head has the sum"),
    COLD_IS_WARM("a process that just came makes the same prompt as one that was there all the time"),
    THE_TURN_IS_HEARD("what the user said last in the turn that runs is in every prompt, word for word"),
    SETTLED_HEADS_ARE_RIGHT("what a head says of the log is what the log says; at rest, of all of it"),
    THE_LOG_VERIFIES("at rest, whoever verifies the log finds nothing wrong with it"),
    LIVENESS("when faults stop, every session comes to rest");

    private final String promise;

    Check(String promise) {
        this.promise = promise;
    }

    public String promise() {
        return promise;
    }

    void failed(String how) {
        throw new Violation(this, how);
    }

    /** An error, so that no harness takes it for a fault of its ports. */
    static final class Violation extends Error {
        private static final long serialVersionUID = 1;

        private final Check check;

        Violation(Check check, String how) {
            super(how);
            this.check = check;
        }

        Check check() {
            return check;
        }
    }
}
