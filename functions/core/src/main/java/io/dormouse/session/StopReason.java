package io.dormouse.session;

/** Why a turn ended. The wire names are the lower-case ones. */
public enum StopReason {
    END_TURN,
    RETRIES_EXHAUSTED,
    REFUSAL;

    public String wireName() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
