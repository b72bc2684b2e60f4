package io.dormouse.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.harness.Harness.Woken;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.head.Snapshot;
import io.dormouse.id.ThreadId;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Wakes that bring a head along: as it is stored, or as it was once. */
class HintTest {
    private final World world = new World("[]");

    /** The world's heads; what happens first at a swap is for the test to say. */
    private final class Watched implements Heads {
        private int reads;
        private Runnable beforeSwap = () -> {};

        @Override
        public Optional<Head> read(ThreadId thread) {
            reads++;
            return world.heads.read(thread);
        }

        @Override
        public boolean create(Head head) {
            throw new UnsupportedOperationException("created already");
        }

        @Override
        public Swapped swap(Head before, Head after) {
            Runnable first = beforeSwap;
            beforeSwap = () -> {};
            first.run();
            return world.heads.swap(before, after);
        }

        @Override
        public List<ThreadId> owing(Instant by, int limit) {
            throw new UnsupportedOperationException("nobody sweeps here");
        }
    }

    /** The world's log. Tells when it was read for the first time. */
    private final class WatchedLog implements SessionLog {
        private final CountDownLatch read = new CountDownLatch(1);

        @Override
        public Appended append(ThreadId thread, Entry entry) {
            return world.log.append(thread, entry);
        }

        @Override
        public List<Entry> read(ThreadId thread, long after, int limit) {
            List<Entry> entries = world.log.read(thread, after, limit);
            read.countDown();
            return entries;
        }

        @Override
        public void drop(ThreadId thread) {
            world.log.drop(thread);
        }
    }

    private final Watched heads = new Watched();
    private final WatchedLog log = new WatchedLog();
    private final Harness harness = world.harness(heads, log);

    @Test
    void a_head_that_comes_with_the_wake_is_not_read() {
        world.says("hi");
        assertThat(wake(world.head())).isEqualTo(Woken.SETTLED);
        assertThat(heads.reads).isZero();
        assertThat(world.eventTypes()).containsOnlyOnce("agent.message");
    }

    @Test
    void the_log_is_read_while_the_claim_is_on_its_way() {
        world.says("hi");
        boolean[] alongside = {false};
        heads.beforeSwap = () -> alongside[0] = await(log.read);
        assertThat(wake(world.head())).isEqualTo(Woken.SETTLED);
        assertThat(alongside[0]).isTrue();
    }

    @Test
    void an_old_head_gives_way_to_the_one_that_is_stored() {
        world.says("one");
        Head old = world.head();
        world.says("two");
        assertThat(wake(old)).isEqualTo(Woken.SETTLED);
        assertThat(world.prompts).hasSize(1);
        assertThat(world.prompts.getFirst().toString()).contains("one", "two");
        assertThat(heads.reads).as("the refused claim tells what is stored").isZero();
    }

    @Test
    void a_wake_that_comes_once_more_with_its_old_head_finds_nothing_to_do() {
        world.says("hi");
        Head old = world.head();
        assertThat(wake(old)).isEqualTo(Woken.SETTLED);
        long version = world.head().version();
        assertThat(wake(old)).isEqualTo(Woken.NOTHING_OWED);
        assertThat(world.head().version()).isEqualTo(version);
        // And what is remembered of the log is still good.
        world.says("again");
        assertThat(wake(world.head())).isEqualTo(Woken.SETTLED);
        assertThat(world.prompts.getLast().toString()).contains("hi", "done", "again");
    }

    @Test
    void an_old_head_without_a_lease_takes_nothing_from_a_living_owner() {
        world.says("hi");
        Head old = world.head();
        world.heads.swap(old, claimed(old, "somebody", world.pace.now()));
        assertThat(wake(old)).isEqualTo(Woken.BUSY);
    }

    @Test
    void an_old_head_with_a_lease_is_not_believed() {
        world.says("hi");
        Head leased = claimed(world.head(), "somebody", world.pace.now());
        world.heads.swap(world.head(), leased);
        world.heads.swap(leased, leased.release(leased.snapshot(), world.pace.now()));
        assertThat(wake(leased)).isEqualTo(Woken.SETTLED);
        assertThat(heads.reads).isEqualTo(1);
    }

    @Test
    void an_old_head_of_a_deleted_session_begins_nothing() {
        world.says("hi");
        Head old = world.head();
        Snapshot rests = Snapshot.FRESH;
        Head quiet = new Head(
                old.workspace(),
                old.session(),
                old.thread(),
                old.version() + 1,
                old.nextSeq(),
                List.of(),
                old.lease(),
                rests,
                null,
                false,
                old.createdAt(),
                old.updatedAt());
        world.heads.swap(old, quiet);
        world.heads.swap(quiet, quiet.delete(world.pace.now()).orElseThrow());
        assertThat(wake(old)).isEqualTo(Woken.SETTLED);
        assertThat(world.prompts).isEmpty();
        assertThat(world.log.read(world.thread, 0, 10)).as("it is forgotten").isEmpty();
    }

    /** The mail is in neither then: not in the head that was claimed, and not in the log as it was read. */
    @Test
    void what_the_head_knows_of_the_log_is_read_when_the_first_read_came_too_early() {
        world.says("hi");
        heads.beforeSwap = () -> {
            assertThat(await(log.read)).isTrue();
            aTurnIsBegunByOneWhoDies();
        };
        assertThat(wake(world.head())).isEqualTo(Woken.SETTLED);
        assertThat(world.eventTypes()).containsOnlyOnce("agent.message").contains("session.status_idle");
    }

    private void aTurnIsBegunByOneWhoDies() {
        world.replies.add((prompt, cancellation) -> {
            Conversation told = Conversation.EMPTY;
            for (Entry entry : world.log.read(world.thread, 0, 10)) told = told.after(entry);
            Head held = world.head();
            world.heads.swap(held, held.beat(Snapshot.of(told), world.pace.now().minusSeconds(60)));
            throw new StackOverflowError("the end of this machine");
        });
        assertThatThrownBy(() -> world.harness().wake(world.thread, "dies", Instant.MAX))
                .isInstanceOf(StackOverflowError.class);
    }

    private Woken wake(Head head) {
        return harness.wake(head, "owner", Instant.MAX);
    }

    private static Head claimed(Head head, String owner, Instant now) {
        return ((Head.Claim.Granted) head.claim(owner, now)).next();
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
