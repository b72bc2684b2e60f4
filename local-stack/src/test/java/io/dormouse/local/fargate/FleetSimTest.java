package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class FleetSimTest {
    /** {@code -Dfleet.seeds=100000} for a long run, {@code -Dfleet.first=SEED} for one of them. */
    private static final int SEEDS = Integer.getInteger("fleet.seeds", 1_000);

    private static final int FIRST = Integer.getInteger("fleet.first", 1);
    /** Every failure that ECS has here is said. */
    private static final Logger SAID = Logger.getLogger("io.dormouse.hands.fargate");

    @Test
    void the_sweep_stops_what_nobody_has_and_nothing_else_whoever_dies() {
        SAID.setLevel(Level.OFF);
        int deaths = 0;
        int stopped = 0;
        for (int seed = FIRST; seed < FIRST + SEEDS; seed++) {
            FleetSim world = new FleetSim(seed);
            try {
                world.run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
            deaths += world.deaths;
            stopped += world.stopped;
        }
        System.out.println(SEEDS + " seeds: " + deaths + " deaths, " + stopped + " tasks stopped");
        assertThat(deaths).isGreaterThan(SEEDS);
        assertThat(stopped).isGreaterThan(SEEDS);
    }
}
