package io.dormouse.hands.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.Sweep.Verdict;
import io.dormouse.hands.fargate.Tasks.Tagged;
import io.dormouse.head.Head;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the sweep stops, and what it leaves alone. */
class SweepTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final SessionId SESSION = new SessionId("sesn_7xAm");
    private static final HandId HAND = HandId.of(SESSION.primaryThread());
    private static final Tagged TASK = new Tagged("arn", HAND, "ours");

    private static final Head RESTED = Head.fresh(WorkspaceId.DEFAULT, SESSION, NOW.minus(Duration.ofDays(1)));

    private static Optional<HandRecord> record(String token) {
        Intent intent = new Intent(token, "secret", 1, NOW);
        return Optional.of(new HandRecord(HAND, 3, SESSION, 1, new Phase.Reached(intent, "arn", "10.0.0.1"), null));
    }

    private static Verdict judge(Optional<HandRecord> record, Head head) {
        return Sweep.judge(TASK, record, Optional.ofNullable(head), NOW, IDLE);
    }

    private static Head posted(Head head, Instant at, Input input) {
        return ((Head.Posting.Accepted) head.post(List.of(input), at)).next();
    }

    private static Input message() {
        return new Input.UserMessage(EventId.of("7xAm7xAm7xAm7xAm7xAm7x", 0), ToolResult.text("hi"));
    }

    @Test
    void a_task_that_no_record_has_is_an_orphan_whatever_its_thread_does() {
        Head busy = posted(RESTED, NOW, message());
        assertThat(judge(Optional.empty(), busy)).isEqualTo(Verdict.ORPHAN);
        assertThat(judge(record("another"), busy)).isEqualTo(Verdict.ORPHAN);
        HandRecord none = record("ours").orElseThrow().next(1, new Phase.None());
        assertThat(judge(Optional.of(none), busy)).isEqualTo(Verdict.ORPHAN);
    }

    @Test
    void a_task_that_was_only_asked_for_is_its_records() {
        Phase asked = new Phase.Asked(new Intent("ours", "secret", 1, NOW));
        Head busy = posted(RESTED, NOW, message());
        assertThat(judge(Optional.of(record("ours").orElseThrow().next(1, asked)), busy))
                .isEqualTo(Verdict.KEEP);
    }

    @Test
    void a_thread_that_is_gone_needs_no_hand() {
        assertThat(judge(record("ours"), null)).isEqualTo(Verdict.FORGOTTEN);
        assertThat(judge(record("ours"), RESTED.delete(NOW).orElseThrow())).isEqualTo(Verdict.FORGOTTEN);
    }

    @Test
    void a_thread_that_works_or_has_work_keeps_its_hand_however_long_ago_it_began() {
        Instant long_ago = NOW.minus(Duration.ofHours(5));
        Head owing = posted(RESTED, long_ago, message());
        assertThat(judge(record("ours"), owing)).isEqualTo(Verdict.KEEP);
        Head held = ((Head.Claim.Granted) owing.claim("owner", long_ago)).next();
        assertThat(judge(record("ours"), held)).isEqualTo(Verdict.KEEP);
    }

    @Test
    void a_thread_that_rests_keeps_it_for_a_while() {
        Instant settled = NOW.minus(IDLE);
        Head rests = Head.fresh(WorkspaceId.DEFAULT, SESSION, settled);
        assertThat(judge(record("ours"), rests)).isEqualTo(Verdict.IDLE);
        Head later = Head.fresh(WorkspaceId.DEFAULT, SESSION, settled.plusMillis(1));
        assertThat(judge(record("ours"), later)).isEqualTo(Verdict.KEEP);
    }
}
