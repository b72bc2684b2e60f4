package io.dormouse.aws;

import static io.dormouse.aws.Given.NOW;
import static io.dormouse.aws.Given.document;
import static io.dormouse.aws.Given.entry;
import static io.dormouse.aws.Given.head;
import static io.dormouse.aws.Given.mailed;
import static io.dormouse.aws.Given.thread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.aws.FaultyProxy.Fault;
import io.dormouse.head.Head;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources.Query;
import io.dormouse.resource.Resources.Saved;
import io.dormouse.session.Entry;
import io.dormouse.session.SessionLog.Appended;
import io.dormouse.testkit.memory.MemoryBlobs;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.SdkException;

/** The network between a store and its table: whatever is lost, the caller learns what happened. */
class LostAnswersTest {
    /** As many as a client makes; see {@link Clients}. */
    private static final int ATTEMPTS = 6;

    private FaultyProxy proxy;
    private DynamoSessionLog log;
    private DynamoHeads heads;
    private DynamoResources resources;
    /** By another way, on the same table. */
    private DynamoSessionLog otherLog;

    private DynamoHeads otherHeads;

    @BeforeEach
    void open() throws IOException {
        Emulator direct = Emulator.moto();
        Table table = direct.freshTable();
        MemoryBlobs blobs = new MemoryBlobs();
        otherLog = new DynamoSessionLog(table, blobs);
        otherHeads = new DynamoHeads(table, blobs, Emulator.RANDOM);
        proxy = new FaultyProxy(direct.clients().endpoint());
        Table behind = new Table(Emulator.at(proxy.uri()).dynamo(), table.name());
        log = new DynamoSessionLog(behind, blobs);
        heads = new DynamoHeads(behind, blobs, Emulator.RANDOM);
        resources = new DynamoResources(behind, blobs, InstantSource.fixed(NOW), Emulator.RANDOM);
    }

    @AfterEach
    void close() {
        if (proxy == null) return;
        assertThat(proxy.left()).as("faults that never happened").isZero();
        proxy.close();
    }

    // ---- the log

    @Test
    void an_append_whose_answer_is_lost_finds_its_own_entry() {
        ThreadId thread = thread();
        Entry entry = entry(1);
        proxy.next("PutItem", Fault.LOSE_ANSWER);
        assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(1));
        assertThat(otherLog.read(thread, 0, 10)).containsExactly(entry);
    }

    @Test
    void an_append_of_which_no_attempt_is_answered_is_looked_up() {
        ThreadId thread = thread();
        Entry entry = entry(1);
        for (int i = 0; i < ATTEMPTS; i++) proxy.next("PutItem", Fault.LOSE_ANSWER);
        assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(1));
        assertThat(otherLog.read(thread, 0, 10)).containsExactly(entry);
    }

    @Test
    void an_append_that_never_arrives_is_told_who_was_faster() {
        ThreadId thread = thread();
        Entry theirs = entry(1);
        proxy.next("PutItem", Fault.LOSE_REQUEST, () -> otherLog.append(thread, theirs));
        assertThat(log.append(thread, entry(1))).isEqualTo(new Appended.Taken(theirs));
    }

    @Test
    void an_append_that_never_arrives_at_all_is_no_outcome() {
        for (int i = 0; i < ATTEMPTS; i++) proxy.next("PutItem", Fault.LOSE_REQUEST);
        assertThatThrownBy(() -> log.append(thread(), entry(1))).isInstanceOf(SdkException.class);
    }

    @Test
    void a_refusal_that_does_not_tell_the_item_is_followed_by_a_read() {
        ThreadId thread = thread();
        Entry theirs = entry(1);
        otherLog.append(thread, theirs);
        proxy.next("PutItem", Fault.TELL_NO_ITEM);
        assertThat(log.append(thread, entry(1))).isEqualTo(new Appended.Taken(theirs));

        Head head = head();
        Head second = mailed(head);
        otherHeads.create(head);
        otherHeads.swap(head, second);
        proxy.next("UpdateItem", Fault.TELL_NO_ITEM);
        assertThat(heads.swap(head, mailed(head))).isEqualTo(new Swapped.Changed(second));
    }

    // ---- heads

    @Test
    void a_head_whose_creation_is_not_answered_is_created_once() {
        Head head = head();
        proxy.next("PutItem", Fault.LOSE_ANSWER);
        assertThat(heads.create(head)).isTrue();
        assertThat(heads.create(head)).isFalse();
    }

    @Test
    void a_swap_whose_answer_is_lost_is_done_once() {
        Head head = created();
        Head after = mailed(head);
        proxy.next("UpdateItem", Fault.LOSE_ANSWER);
        assertThat(heads.swap(head, after)).isEqualTo(new Swapped.Done());
        assertThat(otherHeads.read(head.thread())).contains(after);
    }

    @Test
    void a_swap_of_which_no_attempt_is_answered_is_looked_up() {
        Head head = created();
        Head after = mailed(head);
        for (int i = 0; i < ATTEMPTS; i++) proxy.next("UpdateItem", Fault.LOSE_ANSWER);
        assertThat(heads.swap(head, after)).isEqualTo(new Swapped.Done());
        assertThat(otherHeads.read(head.thread())).contains(after);
    }

    @Test
    void a_swap_whose_answer_is_lost_is_done_although_others_swapped_since() {
        Head head = created();
        Head after = mailed(head);
        proxy.next("UpdateItem", Fault.LOSE_ANSWER, () -> swapOnTop(after, Versions.SLOTS - 1));
        assertThat(heads.swap(head, after)).isEqualTo(new Swapped.Done());
        assertThat(otherHeads.read(head.thread()).orElseThrow().mail()).hasSize(Versions.SLOTS);
    }

    @Test
    void behind_more_swaps_than_an_item_remembers_there_is_no_outcome() {
        Head head = created();
        Head after = mailed(head);
        proxy.next("UpdateItem", Fault.LOSE_ANSWER, () -> swapOnTop(after, Versions.SLOTS));
        assertThatThrownBy(() -> heads.swap(head, after)).isInstanceOf(SdkException.class);
    }

    @Test
    void a_swap_that_never_arrives_is_told_who_was_faster() {
        Head head = created();
        Head theirs = mailed(head);
        proxy.next("UpdateItem", Fault.LOSE_REQUEST, () -> otherHeads.swap(head, theirs));
        assertThat(heads.swap(head, mailed(head))).isEqualTo(new Swapped.Changed(theirs));
    }

    @Test
    void a_stale_swap_far_behind_is_told_what_is_stored() {
        Head head = created();
        Head last = swapOnTop(head, 3 * Versions.SLOTS);
        assertThat(heads.swap(head, mailed(head))).isEqualTo(new Swapped.Changed(last));
    }

    // ---- documents

    @Test
    void a_document_whose_answers_are_lost_is_created_swapped_and_deleted_once() {
        Resource first = document("a");
        proxy.next("PutItem", Fault.LOSE_ANSWER);
        assertThat(resources.create(first)).isEqualTo(new Saved.Done(first));
        Resource second = first.with(Json.object().put("x", 1), NOW);
        proxy.next("UpdateItem", Fault.LOSE_ANSWER);
        assertThat(resources.swap(first, second)).isEqualTo(new Saved.Done(second));
        proxy.next("DeleteItem", Fault.LOSE_ANSWER);
        assertThat(resources.delete(WorkspaceId.DEFAULT, "agent", "a")).isTrue();
        assertThat(resources.delete(WorkspaceId.DEFAULT, "agent", "a")).isFalse();
    }

    // ---- a service that is busy

    @Test
    void what_is_throttled_is_asked_again() {
        ThreadId thread = thread();
        for (int i = 0; i < 3; i++) proxy.next("PutItem", Fault.THROTTLE).next("Query", Fault.THROTTLE);
        Entry entry = entry(1);
        assertThat(log.append(thread, entry)).isEqualTo(new Appended.At(1));
        assertThat(log.read(thread, 0, 10)).containsExactly(entry);
    }

    @Test
    void what_a_batch_leaves_over_is_asked_again() {
        ThreadId thread = thread();
        IntStream.rangeClosed(1, 30).forEach(i -> otherLog.append(thread, entry(i)));
        for (int i = 0; i < 3; i++) proxy.next("BatchWriteItem", Fault.DO_NOTHING);
        log.drop(thread);
        assertThat(otherLog.read(thread, 0, 100)).isEmpty();

        Resource document = document("a");
        resources.create(document);
        for (int i = 0; i < 3; i++) proxy.next("BatchGetItem", Fault.DO_NOTHING);
        assertThat(resources.list(WorkspaceId.DEFAULT, "agent", new Query("", true, null, null, null, true, 10)))
                .isEqualTo(List.of(document));
    }

    private Head created() {
        Head head = head();
        assertThat(otherHeads.create(head)).isTrue();
        return head;
    }

    private Head swapOnTop(Head head, int times) {
        Head seen = head;
        for (int i = 0; i < times; i++) {
            Head next = mailed(seen);
            assertThat(otherHeads.swap(seen, next)).isEqualTo(new Swapped.Done());
            seen = next;
        }
        return seen;
    }
}
