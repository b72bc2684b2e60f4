package io.dormouse.secrets;

import io.dormouse.id.VaultId;

/**
 * Keeps the secrets of vaults, each vault's as one, and swaps them like {@link io.dormouse.head.Heads} swaps heads: of two
 * writers, in whichever processes, one learns that the other was faster.
 */
public interface Secrets {
    /** What is kept now; an empty bundle without a version when nothing is. */
    Bundle read(VaultId vault);

    /** Keeps this, if what is kept now is what {@code after}'s version names. */
    Swapped swap(Bundle after);

    /** Forgets a vault's secrets for good. Nothing happens if there are none. */
    void forget(VaultId vault);

    /** A key of this store, the same for ever and in every process, from which names of secrets follow. 32 bytes. */
    byte[] namingKey();

    sealed interface Swapped {
        record Done(Bundle stored) implements Swapped {}

        /** Somebody was faster. Read again. */
        record Changed() implements Swapped {}

        /** More than {@link Bundle#MAX_BYTES}. */
        record TooLarge() implements Swapped {}
    }
}
