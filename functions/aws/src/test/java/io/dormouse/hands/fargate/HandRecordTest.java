package io.dormouse.hands.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.HandRecord.Checkpoint;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What was stored once is read for ever. */
class HandRecordTest {
    private static final SessionId SESSION = new SessionId("sesn_7xAm");
    private static final HandId HAND = HandId.of(SESSION.primaryThread());
    private static final Instant AT = Instant.parse("2026-03-01T12:00:00Z");
    private static final Intent INTENT = new Intent("t1", "s1", 3, AT);
    private static final Checkpoint OLD = new Checkpoint("t0-4", "ab".repeat(32), 10, AT);
    private static final Phase.Reached REACHED = new Phase.Reached(INTENT, "arn", "10.0.0.1");
    private static final Phase.Saving SAVING =
            new Phase.Saving(INTENT, "arn", "10.0.0.1", "t1-7", AT, AT.plusSeconds(1));

    private static HandRecord read(String json) {
        return Json.read(json.getBytes(StandardCharsets.UTF_8), HandRecord.class);
    }

    @Test
    void a_record_from_before_there_were_checkpoints_has_none() {
        HandRecord record = read("{\"hand\":\"hand_7xAm\",\"version\":4,\"session\":\"sesn_7xAm\",\"epoch\":3,"
                + "\"phase\":{\"phase\":\"reached\",\"intent\":{\"token\":\"t1\",\"secret\":\"s1\",\"epoch\":3,"
                + "\"at\":\"2026-03-01T12:00:00Z\"},\"task\":\"arn\",\"host\":\"10.0.0.1\"}}");
        assertThat(record).isEqualTo(new HandRecord(HAND, 4, SESSION, 3, REACHED, null));
        assertThat(record.contents()).isEmpty();
    }

    @Test
    void a_record_of_a_hand_that_is_saved_is_read() {
        HandRecord record = read("{\"hand\":\"hand_7xAm\",\"version\":7,\"session\":\"sesn_7xAm\",\"epoch\":3,"
                + "\"phase\":{\"phase\":\"saving\",\"intent\":{\"token\":\"t1\",\"secret\":\"s1\",\"epoch\":3,"
                + "\"at\":\"2026-03-01T12:00:00Z\"},\"task\":\"arn\",\"host\":\"10.0.0.1\",\"into\":\"t1-7\","
                + "\"since\":\"2026-03-01T12:00:00Z\",\"until\":\"2026-03-01T12:00:01Z\"},"
                + "\"checkpoint\":{\"content\":\"t0-4\",\"sha256\":\"" + "ab".repeat(32) + "\",\"sizeBytes\":10,"
                + "\"at\":\"2026-03-01T12:00:00Z\"},\"stale\":[\"t0-3\"]}");
        assertThat(record).isEqualTo(new HandRecord(HAND, 7, SESSION, 3, SAVING, null, OLD, List.of("t0-3"), null));
        assertThat(read(Json.text(record))).isEqualTo(record);
        assertThat(record.owns("t1")).isTrue();
        assertThat(record.contents()).containsExactly("t0-3", "t0-4", "t1-7");
    }

    @Test
    void no_name_is_forgotten_before_its_content_is_deleted() {
        HandRecord saving = new HandRecord(HAND, 6, SESSION, 3, REACHED, null, OLD, List.of(), null).next(3, SAVING);
        HandRecord takenBack = saving.next(4, SAVING.reached());
        assertThat(takenBack.checkpoint()).isEqualTo(OLD);
        assertThat(takenBack.stale()).containsExactly("t1-7");
        Checkpoint fresh = new Checkpoint("t1-7", "cd".repeat(32), 11, AT);
        HandRecord saved = saving.next(3, new Phase.None(), null, fresh);
        assertThat(saved.checkpoint()).isEqualTo(fresh);
        assertThat(saved.stale()).containsExactly("t0-4");
        assertThat(saved.tidied().contents()).containsExactly("t1-7");
    }
}
