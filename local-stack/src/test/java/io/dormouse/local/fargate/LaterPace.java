package io.dormouse.local.fargate;

import io.dormouse.pace.Pace;
import io.dormouse.testkit.pace.ForwardingPace;
import java.time.Duration;
import java.time.Instant;

/** The same time, only later. */
final class LaterPace extends ForwardingPace {
    private final Duration later;

    LaterPace(Pace pace, Duration later) {
        super(pace);
        this.later = later;
    }

    @Override
    public Instant now() {
        return super.now().plus(later);
    }
}
