package io.dormouse.aws;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.HandRecord;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.HandRecords;
import io.dormouse.hands.fargate.HandRecords.Swapped;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MotoHandRecordsTest {
    private final SessionId session = Given.IDS.session();
    private final HandId hand = HandId.of(session.primaryThread());
    private final HandRecord first = record(1, new Phase.Asked(new Intent("t", "s", 3, Given.NOW)));
    private HandRecords records;

    @BeforeEach
    void open() {
        records = new DynamoHandRecords(Emulator.moto().freshTable(), Emulator.RANDOM);
    }

    private HandRecord record(long version, Phase phase) {
        return new HandRecord(hand, version, session, 3, phase, null);
    }

    @Test
    void what_was_written_is_read() {
        assertThat(records.read(hand)).isEmpty();
        assertThat(records.create(first)).isEqualTo(new Swapped.Done());
        assertThat(records.read(hand)).contains(first);
    }

    @Test
    void of_two_who_create_the_second_is_told_the_first() {
        records.create(first);
        HandRecord other = record(1, new Phase.Asked(new Intent("u", "s", 3, Given.NOW)));
        assertThat(records.create(other)).isEqualTo(new Swapped.Changed(Optional.of(first)));
    }

    @Test
    void of_two_who_swap_the_second_is_told_the_first() {
        records.create(first);
        HandRecord one = record(2, new Phase.Started(new Intent("t", "s", 3, Given.NOW), "arn"));
        HandRecord two = record(2, new Phase.None());
        assertThat(records.swap(first, one)).isEqualTo(new Swapped.Done());
        assertThat(records.swap(first, two)).isEqualTo(new Swapped.Changed(Optional.of(one)));
        assertThat(records.read(hand)).contains(one);
    }

    @Test
    void what_is_deleted_is_not_swapped_back() {
        records.create(first);
        records.delete(hand);
        records.delete(hand);
        assertThat(records.swap(first, record(2, new Phase.None()))).isEqualTo(new Swapped.Changed(Optional.empty()));
        assertThat(records.read(hand)).isEmpty();
    }

    /** Never edited: records that are stored are read by later versions. */
    @Test
    void a_record_is_stored_like_this() {
        String line = "{\"hand\":\"hand_7xAm\",\"version\":3,\"session\":\"sesn_7xAm\",\"epoch\":4,"
                + "\"phase\":{\"phase\":\"reached\",\"intent\":{\"token\":\"t\",\"secret\":\"s\",\"epoch\":3,"
                + "\"at\":\"2026-03-01T12:00:00.123Z\"},\"task\":\"arn\",\"host\":\"10.0.0.7\"},\"lost\":\"why\"}";
        Intent intent = new Intent("t", "s", 3, Given.NOW);
        HandRecord reached = new HandRecord(
                new HandId("hand_7xAm"),
                3,
                new SessionId("sesn_7xAm"),
                4,
                new Phase.Reached(intent, "arn", "10.0.0.7"),
                "why");
        assertThat(Json.text(reached)).isEqualTo(line);
        assertThat(Json.read(line.getBytes(java.nio.charset.StandardCharsets.UTF_8), HandRecord.class))
                .isEqualTo(reached);
        assertThat(reached.toString()).doesNotContain("\"s\"").contains("Intent[t, epoch=3");
    }
}
