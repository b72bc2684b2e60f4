package io.dormouse.testkit.ecs;

/** What becomes of a request instead of an answer. */
public enum Fault {
    /** RunTask answers that nothing was started, for want of machines. */
    CAPACITY,
    /** RunTask is refused: the account has as many as it may. */
    LIMIT,
    /** Refused for want of a right. */
    DENIED,
    THROTTLED,
    /** Status 500, and nothing was done. */
    BROKEN,
    /** The connection ends, and nothing was done. */
    UNHEARD,
    /** It was done, and the connection ends without an answer. */
    UNANSWERED
}
