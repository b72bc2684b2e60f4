package io.dormouse.hands.fargate;

import java.util.List;
import java.util.Optional;

/**
 * Keeps the places of the warm pool, and the claims on what was in them. Reads see every write that returned before. Throws
 * when it does not know what became of a write.
 */
public interface Spares {
    /** In no order. */
    List<Place> places();

    /** Stores the first version. @return whether there was none */
    boolean create(Place first);

    /** Stores {@code after} if the stored version is that of {@code before}. @return whether it was */
    boolean swap(Place before, Place after);

    /** One conditional write. @return whether this is the first claim on its token */
    boolean claim(Claim claim);

    Optional<Claim> claimed(String token);

    /** In no order. */
    List<Claim> claims();

    /** To be called when its task is no more. Nothing happens if there is none. */
    void forget(Claim claim);
}
