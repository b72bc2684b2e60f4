package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Shows whether an answer overtakes work that belongs before it. A function is frozen as soon as it has answered: what it
 * still had to do would wait for the next request, or be lost.
 */
final class Overtaking {
    private final BlockingQueue<Boolean> outcomes = new ArrayBlockingQueue<>(10);
    private volatile CountDownLatch answer = new CountDownLatch(0);

    /** The next work lingers. */
    void watch() {
        answer = new CountDownLatch(1);
    }

    /** Called by the work: lingers for a moment, or until its answer is there, which it must not be. */
    void work() {
        CountDownLatch mine = answer;
        if (mine.getCount() == 0) return;
        try {
            outcomes.add(mine.await(300, TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Called when the answer is there. */
    void assertWorkWasFirst() throws InterruptedException {
        answer.countDown();
        assertThat(outcomes.poll(120, TimeUnit.SECONDS)).as("was overtaken").isEqualTo(false);
    }
}
