package io.dormouse.local.fargate;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.Claim;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.Place;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.hands.fargate.Placement;
import io.dormouse.hands.fargate.Spares;
import io.dormouse.id.SessionId;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of the pool must keep to. */
abstract class SparesContract {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123Z");
    private static final Intent INTENT = new Intent("t", "s", 0, NOW);
    private static final Place EMPTY = new Place(0, 1, new Stage.Empty());
    private static final Place ASKED = new Place(0, 2, new Stage.Asked(INTENT, HandImage.placement()));

    private Spares spares;

    protected abstract Spares empty();

    @BeforeEach
    void open() {
        spares = empty();
    }

    private static Claim claim(String token, String hand) {
        return new Claim(token, "arn", new HandId(hand), new SessionId("sesn_7xAm"), 3L, NOW);
    }

    @Test
    void what_was_written_is_read() {
        assertThat(spares.places()).isEmpty();
        assertThat(spares.claims()).isEmpty();
        Place ready = new Place(11, 1, new Stage.Ready(INTENT, HandImage.placement(), "arn", "10.0.0.7"));
        assertThat(spares.create(EMPTY)).isTrue();
        assertThat(spares.create(ready)).isTrue();
        assertThat(spares.claim(claim("t", "hand_7xAm"))).isTrue();
        Claim nobodys = new Claim("u", "arn", null, null, null, NOW);
        assertThat(spares.claim(nobodys)).isTrue();
        assertThat(spares.places()).containsExactlyInAnyOrder(EMPTY, ready);
        assertThat(spares.claims()).containsExactlyInAnyOrder(claim("t", "hand_7xAm"), nobodys);
        assertThat(spares.claimed("u")).contains(nobodys);
        assertThat(spares.claimed("v")).isEmpty();
    }

    @Test
    void of_two_who_create_or_swap_a_place_the_second_leaves_it() {
        assertThat(spares.swap(EMPTY, ASKED)).isFalse();
        assertThat(spares.create(EMPTY)).isTrue();
        assertThat(spares.create(new Place(0, 1, ASKED.stage()))).isFalse();
        assertThat(spares.swap(EMPTY, ASKED)).isTrue();
        assertThat(spares.swap(EMPTY, new Place(0, 2, new Stage.Empty()))).isFalse();
        assertThat(spares.places()).containsExactly(ASKED);
    }

    @Test
    void of_many_who_claim_a_token_one_does() {
        List<CompletableFuture<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            String hand = "hand_" + i;
            all.add(CompletableFuture.supplyAsync(() -> spares.claim(claim("t", hand)), Thread::startVirtualThread));
        }
        assertThat(all.stream().filter(CompletableFuture::join)).hasSize(1);
        assertThat(spares.claims()).hasSize(1);
    }

    @Test
    void what_is_forgotten_is_gone_and_may_be_forgotten_twice() {
        spares.claim(claim("t", "hand_7xAm"));
        spares.forget(claim("t", "hand_7xAm"));
        spares.forget(claim("t", "hand_7xAm"));
        assertThat(spares.claims()).isEmpty();
        assertThat(spares.claimed("t")).isEmpty();
    }

    /** Never edited: what is stored is read by later versions. */
    @Test
    void they_are_stored_like_this() {
        String place =
                "{\"number\":3,\"version\":7,\"stage\":{\"stage\":\"ready\",\"intent\":{\"token\":\"t\",\"secret\":"
                        + "\"s\",\"epoch\":0,\"at\":\"2026-03-01T12:00:00.123Z\"},\"as\":{\"cluster\":"
                        + "\"arn:aws:ecs:us-east-1:000000000000:cluster/hands\",\"taskDefinition\":"
                        + "\"arn:aws:ecs:us-east-1:000000000000:task-definition/dormouse-hand:7\",\"subnets\":[\"subnet-1\","
                        + "\"subnet-2\"],\"securityGroup\":\"sg-1\",\"port\":7070,\"container\":\"hand\"},\"task\":\"arn\","
                        + "\"host\":\"10.0.0.7\"}}";
        same(place, new Place(3, 7, ready(null)), Place.class);
        String revised = place.replace("\"hand\"}", "\"hand\",\"revision\":\"an image 512 1024 900\"}");
        same(revised, new Place(3, 7, ready("an image 512 1024 900")), Place.class);
        String claim = "{\"token\":\"t\",\"task\":\"arn\",\"hand\":\"hand_7xAm\",\"session\":\"sesn_7xAm\",\"epoch\":3,"
                + "\"at\":\"2026-03-01T12:00:00.123Z\"}";
        same(claim, claim("t", "hand_7xAm"), Claim.class);
    }

    private static Stage ready(String revision) {
        Placement as = new Placement(
                "arn:aws:ecs:us-east-1:000000000000:cluster/hands",
                "arn:aws:ecs:us-east-1:000000000000:task-definition/dormouse-hand:7",
                List.of("subnet-1", "subnet-2"),
                "sg-1",
                7070,
                "hand",
                revision);
        return new Stage.Ready(INTENT, as, "arn", "10.0.0.7");
    }

    private static <T> void same(String line, T value, Class<T> type) {
        assertThat(Json.text(value)).isEqualTo(line);
        assertThat(Json.read(line.getBytes(StandardCharsets.UTF_8), type)).isEqualTo(value);
        assertThat(value.toString()).doesNotContain("\"s\"");
    }
}
