package io.dormouse.testkit.contract;

import static io.dormouse.testkit.contract.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.head.Lease;
import io.dormouse.head.Snapshot;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.session.Budget;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Taken;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link Heads} must keep to. */
public abstract class HeadsContract {
    private Heads heads;

    /** A store without a head. Called once before each test. */
    protected abstract Heads emptyHeads() throws Exception;

    @BeforeEach
    final void open() throws Exception {
        heads = emptyHeads();
    }

    @Test
    void an_unknown_thread_has_no_head() {
        assertThat(heads.read(Samples.thread())).isEmpty();
    }

    @Test
    void a_head_is_created_once() {
        Head head = fresh();
        assertThat(heads.create(head)).isTrue();
        assertThat(heads.create(mailed(head, NOW))).isFalse();
        assertThat(heads.read(head.thread())).contains(head);
    }

    @Test
    void of_sixteen_creators_one_wins() throws Exception {
        Head head = fresh();
        assertThat(Together.all(16, i -> heads.create(head))).containsOnlyOnce(true);
    }

    @Test
    void a_head_with_everything_in_it_survives() {
        Head fresh = fresh();
        List<Posted> mail = Samples.posted(Samples.everyInput().toArray(Input[]::new));
        Snapshot snapshot = new Snapshot(
                42,
                Snapshot.Phase.RETRYING,
                Map.of(Samples.event(), Gate.ASK, Samples.event(), Gate.CUSTOM),
                new Taken(1, 2, 3, 4),
                new Usage(1, 2, 3, 4, 5, 6, 7),
                99,
                NOW.plusMillis(1),
                NOW.plusMillis(2),
                17,
                new Budget(250));
        Head head = new Head(
                fresh.workspace(),
                fresh.session(),
                fresh.thread(),
                1,
                77,
                mail,
                new Lease(9, "owner", NOW.plusMillis(3)),
                snapshot,
                NOW.plusMillis(4),
                false,
                NOW,
                NOW.plusMillis(5));
        heads.create(head);
        assertThat(heads.read(head.thread())).contains(head);
    }

    @Test
    void mail_of_a_megabyte_of_all_kinds_of_characters_survives() {
        Head head = created(fresh());
        Head after = posted(head, new Input.UserMessage(Samples.event(), Samples.text(Samples.large())), NOW);
        assertThat(heads.swap(head, after)).isEqualTo(new Swapped.Done());
        assertThat(heads.read(head.thread()).orElseThrow().equals(after)).isTrue();
    }

    @Test
    void mail_as_deep_as_a_request_may_be_survives() {
        Head head = created(fresh());
        Head after = posted(
                head, new Input.UserMessage(Samples.event(), Samples.nested(io.dormouse.json.Json.MAX_DEPTH)), NOW);
        assertThat(heads.swap(head, after)).isEqualTo(new Swapped.Done());
        assertThat(heads.read(head.thread())).contains(after);
    }

    @Test
    void a_swap_from_the_stored_version_is_stored() {
        Head head = created(fresh());
        Head after = mailed(head, NOW);
        assertThat(heads.swap(head, after)).isEqualTo(new Swapped.Done());
        assertThat(heads.read(head.thread())).contains(after);
    }

    @Test
    void a_swap_from_a_stale_version_changes_nothing_and_tells_what_is_stored() {
        Head first = created(fresh());
        Head second = mailed(first, NOW);
        heads.swap(first, second);
        assertThat(heads.swap(first, mailed(first, NOW))).isEqualTo(new Swapped.Changed(second));
        assertThat(heads.read(first.thread())).contains(second);
    }

    @Test
    void a_swap_of_a_head_that_was_never_created_is_a_fault_of_the_caller() {
        Head head = fresh();
        assertThatThrownBy(() -> heads.swap(head, mailed(head, NOW))).isInstanceOf(IllegalStateException.class);
        assertThat(heads.read(head.thread())).isEmpty();
    }

    @Test
    void a_swap_over_two_threads_is_a_fault_of_the_caller() {
        Head one = created(fresh());
        Head other = created(fresh());
        assertThatThrownBy(() -> heads.swap(one, mailed(other, NOW))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void racing_swaps_lose_no_input() throws Exception {
        Head head = created(fresh());
        Together.all(16, i -> {
            Head seen = head;
            for (int posts = 0; posts < 10; ) {
                switch (heads.swap(seen, mailed(seen, NOW))) {
                    case Swapped.Done done -> {
                        posts++;
                        seen = heads.read(head.thread()).orElseThrow();
                    }
                    case Swapped.Changed changed -> seen = changed.current();
                }
            }
            return seen;
        });
        Head last = heads.read(head.thread()).orElseThrow();
        assertThat(last.version()).isEqualTo(161);
        assertThat(last.mail()).hasSize(160);
        assertThat(last.mail().stream().map(Posted::seq))
                .isEqualTo(IntStream.rangeClosed(1, 160).mapToObj(Long::valueOf).toList());
    }

    @Test
    void of_sixteen_claims_one_is_stored() throws Exception {
        Head head = created(fresh());
        Head mailed = mailed(head, NOW);
        heads.swap(head, mailed);
        List<Swapped> outcomes = Together.all(16, i -> heads.swap(mailed, claimed(mailed, "owner" + i, NOW)));
        assertThat(outcomes).containsOnlyOnce(new Swapped.Done());
        String owner = heads.read(head.thread()).orElseThrow().lease().owner();
        assertThat(outcomes.get(Integer.parseInt(owner.substring(5)))).isEqualTo(new Swapped.Done());
    }

    // ---- owing

    @Test
    void a_head_at_rest_owes_nothing() {
        created(fresh());
        assertOwing(NOW.plusSeconds(3600), 10);
    }

    @Test
    void a_head_with_mail_owes_from_the_swap_that_brought_it() {
        Head head = created(fresh());
        heads.swap(head, mailed(head, NOW.plusMillis(500)));
        assertOwing(NOW.plusMillis(499), 10);
        assertOwing(NOW.plusMillis(500), 10, head.thread());
    }

    @Test
    void a_head_that_is_created_with_mail_owes_at_once() {
        Head head = created(mailed(fresh(), NOW));
        assertOwing(NOW, 10, head.thread());
    }

    @Test
    void a_leased_head_owes_when_its_owner_has_been_silent_for_too_long() {
        Head head = created(mailed(fresh(), NOW));
        Head claimed = claimed(head, "owner", NOW);
        heads.swap(head, claimed);
        assertOwing(NOW.plus(Lease.STALE_AFTER).minusMillis(1), 10);
        assertOwing(NOW.plus(Lease.STALE_AFTER), 10, head.thread());

        heads.swap(claimed, claimed.beat(Snapshot.FRESH, NOW.plusSeconds(2)));
        assertOwing(NOW.plus(Lease.STALE_AFTER), 10);
        assertOwing(NOW.plus(Lease.STALE_AFTER).plusSeconds(2), 10, head.thread());
    }

    @Test
    void a_head_that_came_to_rest_owes_nothing_any_more() {
        Head head = created(mailed(fresh(), NOW));
        Head claimed = claimed(head, "owner", NOW);
        heads.swap(head, claimed);
        Snapshot done = new Snapshot(
                2, Snapshot.Phase.RESTING, Map.of(), Taken.NONE.with(head.mail()), Usage.NONE, 1, null, null);
        heads.swap(claimed, claimed.settle(done, NOW).orElseThrow());
        assertOwing(NOW.plus(Duration.ofDays(365)), 10);
    }

    @Test
    void a_deleted_head_owes_its_forgetting_and_stays_as_a_stone() {
        Head head = created(fresh());
        Head deleted = head.delete(NOW).orElseThrow();
        heads.swap(head, deleted);
        assertOwing(NOW.plus(Duration.ofDays(365)), 10, head.thread());
        Head once = deleted.forgotten(NOW);
        heads.swap(deleted, once);
        assertOwing(NOW, 10);
        assertOwing(NOW.plus(Head.LATECOMERS), 10, head.thread());
        Head forgotten = once.forgotten(NOW.plus(Head.LATECOMERS));
        heads.swap(once, forgotten);
        assertOwing(NOW.plus(Duration.ofDays(365)), 10);
        assertThat(heads.read(head.thread())).contains(forgotten);
        assertThat(heads.create(head)).isFalse();
    }

    @Test
    void those_that_have_owed_longest_come_first_and_no_more_than_the_limit() {
        Head third = created(mailed(fresh(), NOW.plusMillis(3)));
        Head first = created(mailed(fresh(), NOW.plusMillis(1)));
        Head second = created(mailed(fresh(), NOW.plusMillis(2)));
        created(mailed(fresh(), NOW.plusMillis(9)));
        assertOwing(NOW.plusMillis(8), 10, first.thread(), second.thread(), third.thread());
        assertOwing(NOW.plusMillis(8), 2, first.thread(), second.thread());
    }

    @Test
    void a_dead_owner_is_found_behind_however_many_that_are_alive() {
        Head dead = created(mailed(fresh(), NOW));
        heads.swap(dead, claimed(dead, "dead", NOW));
        Instant later = NOW.plusSeconds(3600);
        for (int i = 0; i < 450; i++) {
            Head alive = claimed(mailed(fresh(), NOW.minusSeconds(i)), "owner", NOW);
            created(alive.beat(Snapshot.FRESH, later));
        }
        assertOwing(later, 1, dead.thread());
        assertOwing(later, 10, dead.thread());
    }

    @Test
    void one_that_is_taken_up_over_and_over_does_not_hide_one_that_nobody_took_up() {
        Head fails = created(mailed(fresh(), NOW));
        heads.swap(fails, claimed(fails, "owner", NOW.plusSeconds(100)));
        Head waits = created(mailed(fresh(), NOW.plusSeconds(1)));
        assertOwing(NOW.plusSeconds(200), 1, waits.thread());
        assertOwing(NOW.plusSeconds(200), 10, waits.thread(), fails.thread());
    }

    @Test
    void a_parked_head_owes_at_its_time_and_mail_that_waits_with_it_changes_nothing() {
        Head parked = parked(NOW.plusSeconds(600));
        assertOwing(NOW.plusSeconds(599), 10);
        heads.swap(parked, mailed(parked, NOW.plusSeconds(1)));
        assertOwing(NOW.plusSeconds(599), 10);
        assertOwing(NOW.plusSeconds(600), 10, parked.thread());
    }

    @Test
    void a_parked_head_owes_at_once_when_an_interrupt_comes() {
        Head parked = parked(NOW.plusSeconds(600));
        heads.swap(parked, posted(parked, new Input.Interrupt(Samples.event()), NOW.plusSeconds(1)));
        assertOwing(NOW.plusSeconds(1), 10, parked.thread());
    }

    @Test
    void a_parked_head_that_is_taken_up_before_its_time_owes_when_its_owner_is_silent() {
        Head parked = parked(NOW.plusSeconds(600));
        Head claimed = claimed(parked, "early", NOW.plusSeconds(5));
        heads.swap(parked, claimed);
        assertOwing(NOW.plusSeconds(5).plus(Lease.STALE_AFTER), 10, parked.thread());
        heads.swap(claimed, claimed.release(parked.snapshot(), NOW.plusSeconds(6)));
        assertOwing(NOW.plusSeconds(599), 10);
        assertOwing(NOW.plusSeconds(600), 10, parked.thread());
    }

    @Test
    void a_head_owes_on_when_it_is_swapped_by_someone_who_knew_more_of_the_log() {
        Head head = created(mailed(fresh(), NOW));
        Head claimed = claimed(head, "owner", NOW);
        heads.swap(head, claimed);
        Snapshot over = new Snapshot(
                2, Snapshot.Phase.RESTING, Map.of(), Taken.NONE.with(head.mail()), Usage.NONE, 1, null, null);
        Head knowing = claimed.knowing(over);
        heads.swap(knowing, mailed(knowing, NOW.plusSeconds(1)));
        assertOwing(NOW.plus(Lease.STALE_AFTER), 10, head.thread());
    }

    private Head parked(Instant until) {
        Head head = mailed(fresh(), NOW);
        Snapshot retrying = new Snapshot(
                2, Snapshot.Phase.RETRYING, Map.of(), Taken.NONE.with(head.mail()), Usage.NONE, 1, NOW, until);
        Head working = created(claimed(head, "owner", NOW));
        Head parked = working.release(retrying, NOW);
        heads.swap(working, parked);
        return parked;
    }

    /** The index may lag behind, so this asks again for a while. */
    private void assertOwing(Instant by, int limit, ThreadId... threads) {
        List<ThreadId> expected = List.of(threads);
        long patience = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        List<ThreadId> owing = heads.owing(by, limit);
        while (!owing.equals(expected) && System.nanoTime() < patience) {
            Thread.onSpinWait();
            owing = heads.owing(by, limit);
        }
        assertThat(owing).isEqualTo(expected);
    }

    private static Head fresh() {
        return Head.fresh(WorkspaceId.DEFAULT, Samples.IDS.session(), NOW);
    }

    private Head created(Head head) {
        assertThat(heads.create(head)).isTrue();
        return head;
    }

    private static Head mailed(Head head, Instant now) {
        return posted(head, new Input.UserMessage(Samples.event(), Samples.text("hi")), now);
    }

    private static Head posted(Head head, Input input, Instant now) {
        return ((Head.Posting.Accepted) head.post(List.of(input), now)).next();
    }

    private static Head claimed(Head head, String owner, Instant now) {
        return ((Head.Claim.Granted) head.claim(owner, now)).next();
    }
}
