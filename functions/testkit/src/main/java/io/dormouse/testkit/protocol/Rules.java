package io.dormouse.testkit.protocol;

/** The protocol as it is, and with one rule broken: the search must find fault with each of those. */
public enum Rules {
    RIGHT,
    /** An entry of a higher epoch at one's position is adopted. */
    ADOPT_ANY_ENTRY,
    /** A higher epoch in what is read is overlooked. */
    READ_ON,
    /** What was read of the log before the claim is taken for all, even where the head knows of more. */
    READ_EARLY,
    /** A settle does not mind the mail. */
    SETTLE_WITH_MAIL,
    /** A settle overwrites whatever head is there. */
    SETTLE_WITHOUT_VERSION,
    /** A claim leaves the epoch as it is. */
    CLAIM_WITHOUT_EPOCH
}
