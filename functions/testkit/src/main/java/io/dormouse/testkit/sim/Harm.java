package io.dormouse.testkit.sim;

import java.util.Map;

/** What befalls one call of a port, by the number of the call. */
public enum Harm {
    /** The caller's process dies before the call leaves. */
    CRASH_BEFORE,
    /** It dies when the call is done, before it hears of it. */
    CRASH_AFTER,
    /** The call fails, and nothing is done. */
    FAILS,
    /** The call fails, and is done. */
    IS_DONE_AND_FAILS;

    /** @param at harms by the number of the call, from 1 */
    record Plan(Map<Integer, Harm> at) {
        static final Plan NONE = new Plan(Map.of());
    }
}
