package io.dormouse.secrets;

import io.dormouse.id.VaultId;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Secrets in memory. What happens between a read and a swap is the test's to say. */
final class MemorySecrets implements Secrets {
    private final Map<VaultId, Bundle> bundles = new HashMap<>();
    private int version;
    /** Happens once, before the next swap. */
    Runnable beforeSwap;

    @Override
    public synchronized Bundle read(VaultId vault) {
        return bundles.getOrDefault(vault, Bundle.empty(vault));
    }

    @Override
    public Swapped swap(Bundle after) {
        Runnable first = beforeSwap;
        beforeSwap = null;
        if (first != null) first.run();
        synchronized (this) {
            if (after.tooLarge()) return new Swapped.TooLarge();
            if (!Objects.equals(read(after.vault()).version(), after.version())) return new Swapped.Changed();
            Bundle stored = new Bundle(after.vault(), "v" + ++version, after.credentials());
            bundles.put(after.vault(), stored);
            return new Swapped.Done(stored);
        }
    }

    @Override
    public synchronized void forget(VaultId vault) {
        bundles.remove(vault);
    }

    @Override
    public byte[] namingKey() {
        return new byte[32];
    }
}
