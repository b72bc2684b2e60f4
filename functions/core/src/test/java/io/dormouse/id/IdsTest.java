package io.dormouse.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.json.Json;
import java.math.BigInteger;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class IdsTest {
    private static final String DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

    private static Ids at(long millis, RandomGenerator random) {
        return new Ids(InstantSource.fixed(java.time.Instant.ofEpochMilli(millis)), random);
    }

    /** The same number by the book. */
    private static String base58(long high, long low) {
        BigInteger rest = new BigInteger(Long.toUnsignedString(high))
                .shiftLeft(64)
                .add(new BigInteger(Long.toUnsignedString(low)));
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 22; i++) {
            BigInteger[] parts = rest.divideAndRemainder(BigInteger.valueOf(58));
            text.insert(0, DIGITS.charAt(parts[1].intValue()));
            rest = parts[0];
        }
        assertThat(rest).isZero();
        return text.toString();
    }

    @Test
    void base_58_is_the_number_written_out() {
        RandomGenerator random = new SplittableRandom(1);
        long[] edges = {0, 1, 57, 58, 0xffffffffL, 0x100000000L, Long.MAX_VALUE, Long.MIN_VALUE, -1};
        for (long high : edges)
            for (long low : edges) assertThat(Base58.of128(high, low)).isEqualTo(base58(high, low));
        for (int i = 0; i < 1000; i++) {
            long high = random.nextLong();
            long low = random.nextLong();
            assertThat(Base58.of128(high, low)).isEqualTo(base58(high, low));
        }
    }

    @Test
    void two_digits_reach_to_3363() {
        Set<String> texts = new HashSet<>();
        String before = "";
        for (int i = 0; i < 58 * 58; i++) {
            String text = Base58.of2(i);
            assertThat(text).hasSize(2).isGreaterThan(before);
            before = text;
            texts.add(text);
        }
        assertThat(texts).hasSize(3364);
        assertThatThrownBy(() -> Base58.of2(3364)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Base58.of2(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ids_sort_by_the_time_they_were_made() {
        RandomGenerator random = new SplittableRandom(2);
        List<String> ids = new ArrayList<>();
        for (long millis : new long[] {0, 1, 1_000, 1_760_000_000_000L, 1_760_000_000_001L, (1L << 48) - 1})
            ids.add(at(millis, random).next());
        assertThat(ids).isSorted().allMatch(id -> id.length() == 22 && Base58.isText(id));
    }

    @Test
    void ids_of_one_millisecond_differ_by_eighty_random_bits() {
        Set<String> ids = new HashSet<>();
        Ids source = at(1_760_000_000_000L, new SplittableRandom(3));
        for (int i = 0; i < 10_000; i++) ids.add(source.next());
        assertThat(ids).hasSize(10_000);
        assertThat(at(5, () -> 0).next()).isEqualTo(base58(5L << 16, 0));
        assertThat(at(5, () -> -1).next()).isEqualTo(base58((5L << 16) | 0xffff, -1));
    }

    @Test
    void the_same_seed_gives_the_same_ids() {
        assertThat(at(7, new SplittableRandom(4)).next())
                .isEqualTo(at(7, new SplittableRandom(4)).next());
    }

    @Test
    void kinds_are_told_by_their_prefix() {
        Ids source = at(7, new SplittableRandom(5));
        assertThat(source.next("agent_")).startsWith("agent_").hasSize(28);
        assertThat(source.session().text()).startsWith("sesn_").hasSize(27);
        assertThat(source.event().text()).startsWith("sevt_").hasSize(29);
        assertThat(EventId.of("abc", 57)).hasToString("sevt_abc1z");
        assertThat(EventId.of("abc", 58)).hasToString("sevt_abc21");
    }

    @Test
    void the_primary_thread_follows_from_the_session() {
        SessionId session = new SessionId("sesn_abc");
        assertThat(session.primaryThread()).isEqualTo(new ThreadId("sthr_abc"));
        assertThat(session.primaryThread().suffix()).isEqualTo("abc");
    }

    @Test
    void what_cannot_be_an_id_is_none() {
        for (String text : new String[] {
            null,
            "",
            "sesn_",
            "sthr_",
            "sesn_0",
            "sthr_O",
            "sesn_a/b",
            "sesn_a#b",
            "sesn_\u00e9",
            "agent_abc",
            "sesn_" + "a".repeat(60)
        }) {
            assertThat(SessionId.parse(text)).isEmpty();
            assertThat(ThreadId.parse(text)).isEmpty();
        }
        assertThat(SessionId.parse("sesn_abc")).contains(new SessionId("sesn_abc"));
        assertThat(ThreadId.parse("sthr_abc")).contains(new ThreadId("sthr_abc"));
        assertThat(SessionId.parse("sthr_abc")).isEmpty();
        assertThatThrownBy(() -> new EventId("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SessionId("x")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new ThreadId("x")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_workspace_has_a_name_that_no_key_can_be_broken_with() {
        assertThat(new WorkspaceId("Team-1_a.b")).hasToString("Team-1_a.b");
        for (String text : new String[] {null, "", "a#b", "a/b", "a b", "a\n", "\u00e9", "a".repeat(65)})
            assertThatThrownBy(() -> new WorkspaceId(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ids_are_plain_texts_in_json() {
        assertThat(Json.text(new SessionId("sesn_abc"))).isEqualTo("\"sesn_abc\"");
        assertThat(Json.text(new EventId("sevt_abc"))).isEqualTo("\"sevt_abc\"");
        assertThat(Json.read(Json.bytes(new ThreadId("sthr_abc")), ThreadId.class))
                .isEqualTo(new ThreadId("sthr_abc"));
        assertThat(Json.read(Json.bytes(WorkspaceId.DEFAULT), WorkspaceId.class))
                .isEqualTo(WorkspaceId.DEFAULT);
    }
}
