package io.dormouse.testkit.sim;

/** A wrong port or step, put in on purpose: a simulator is as good as what it finds. */
public enum Bug {
    NONE("nothing is wrong"),
    APPEND_WITHOUT_CONDITION("an append overwrites what is there"),
    APPEND_TOLD_BEFORE_DURABLE("an append is told before it is durable, and may get lost"),
    ADOPT_A_HIGHER_EPOCH("an entry of a higher epoch looks like an old one, and is adopted"),
    SWAP_WITHOUT_VERSION("a swap of the head overwrites whatever is there"),
    SETTLE_WITH_MAIL("a settle drops the mail that came in the meantime"),
    ACK_BEFORE_WRITE("a client is told that its input was accepted before it is stored"),
    REPEAT_KNOWS_MAIL_ONLY("a repeated request does not look for its inputs in the log"),
    CALL_WITHOUT_KEY("a call that is taken up again goes to the hand under a new key"),
    CALL_BEFORE_INTENT("the entry that tells a call is written after the call began"),
    RESULTS_ARE_DROPPED("an entry loses the results of its calls"),
    NO_SWEEP("lost wakes are found by nobody"),
    INDEX_KNOWS_LEASES_ONLY("the sweep sees leased heads, and none that only have mail"),
    MAIL_COMES_REVERSED("a head is read with its mail in the wrong order"),
    DELETE_WHILE_RUNNING("a session is deleted although it runs, and its lease goes on"),
    RETRY_FOR_EVER("a failing model is asked again and again"),
    WATCHER_SKIPS("a watcher that comes back goes on one entry too far"),
    CLAIM_KEEPS_EPOCH("a claim does not raise the epoch"),
    BEAT_TAKES_LEASE_BACK("a beat takes a lease back that another owner has by now"),
    INTERRUPT_IS_DROPPED(
            "an owner whose head was changed under it overlooks the interrupt, and writes the mail without it"),
    INDEX_FORGETS_PARKED("the sweep does not see heads that wait for a retry"),
    OLD_LOG_IS_READ("an owner reads a log without its last entry"),
    TWO_REQUESTS_AT_ONCE("the model's client sends a slow request once more"),
    USAGE_COUNTS_TWICE("the usage of a reply is told twice over"),
    RESULT_IS_TOLD_TWICE("a call's result is told twice"),
    HAND_WITHOUT_JOURNAL("a hand does not remember which calls it ran"),
    TWO_PROCESSES_ARE_TWINS("two processes make the same nonces, as from one snapshot of memory"),
    SETTLES_TOO_EARLY("a head says that its session rests while the log has work left"),
    FORGOTTEN_ONCE("a deleted session is forgotten once, and not again hours later"),
    BASE_ONE_TOO_FAR("a summary claims to stand for one entry more than it does"),
    KEPT_MESSAGES_ARE_LOST("a summary forgets the messages that it keeps word for word"),
    LOST_REQUESTS_ARE_FREE("what a dead owner had set aside for its request does not count as spent"),
    BROKEN_REQUESTS_ARE_FREE("of a request that broke off the model's client says that it never got there"),
    CHANCE_FROM_OUTSIDE("something random does not come from the seed");

    private final String what;

    Bug(String what) {
        this.what = what;
    }

    public String what() {
        return what;
    }
}
