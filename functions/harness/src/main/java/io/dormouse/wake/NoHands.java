package io.dormouse.wake;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Tenure;
import io.dormouse.pace.Cancellation;
import java.util.Optional;

/** For a deployment without sandboxes ({@code hands=none}). */
final class NoHands implements HandProvider {
    @Override
    public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
        return new Provided.Unavailable("This deployment has no sandboxes.");
    }

    @Override
    public Optional<Hand> find(HandId id) {
        return Optional.empty();
    }

    @Override
    public void discard(HandId id) {}
}
