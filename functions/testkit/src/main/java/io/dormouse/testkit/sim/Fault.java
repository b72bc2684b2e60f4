package io.dormouse.testkit.sim;

/** What goes wrong, and how often in a thousand chances when it is switched on. */
enum Fault {
    STORE_REFUSES(15),
    STORE_APPLIES_AND_FAILS(40),
    STORE_FAILS_AND_APPLIES_LATER(15),
    STORE_IS_SLOW(15),
    CRASH_BEFORE_A_CALL(12),
    CRASH_AFTER_A_CALL(12),
    FREEZE_BEFORE_A_CALL(10),
    FREEZE_AFTER_A_CALL(10),
    CLOCK_JUMPS(15),
    WAKE_IS_LOST(250),
    WAKE_COMES_TWICE(250),
    WAKE_COMES_LATE(250),
    SWEEP_SEES_OLD_INDEX(150),
    SWEEP_FAILS(150),
    DEADLINE_IS_NEAR(100),
    PROCESS_STOPS(8),
    INVOCATION_IS_RETRIED(400),
    MODEL_OVERLOADED(120),
    MODEL_LIMITS_RATE(80),
    MODEL_BREAKS_OFF(120),
    MODEL_REFUSES_REQUEST(30),
    MODEL_THROWS(30),
    MODEL_IS_SLOW(100),
    HAND_DIES_BEFORE(120),
    HAND_DIES_DURING(120),
    HAND_DIES_AFTER(120),
    HAND_IS_SLOW(150),
    HAND_ANSWERS_LATE(150),
    HAND_IS_UNAVAILABLE(120),
    HAND_STARTS_AND_FAILS(120),
    HAND_THROWS(100),
    CLIENT_ASKS_AGAIN(150),
    CLIENT_HANGS_UP(100),
    WATCHER_RECONNECTS(150);

    private final int perMille;

    Fault(int perMille) {
        this.perMille = perMille;
    }

    int perMille() {
        return perMille;
    }
}
