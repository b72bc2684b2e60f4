package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.wire.Refused;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class QueryTest {
    @Test
    void lists_come_in_three_spellings() {
        assertThat(Query.parse("s=a&s=b").texts("s")).containsExactly("a", "b");
        assertThat(Query.parse("s[]=a&s[]=b").texts("s")).containsExactly("a", "b");
        assertThat(Query.parse("s%5B%5D=a&s=b").texts("s")).containsExactly("a", "b");
    }

    @Test
    void ranges_come_plain_and_encoded() {
        Instant expected = Instant.parse("2026-01-02T03:04:05Z");
        for (String query : List.of(
                "created_at[gte]=2026-01-02T03:04:05Z",
                "created_at%5Bgte%5D=2026-01-02T03%3A04%3A05Z",
                "created_at%5Bgte%5D=2026-01-02T04:04:05+01:00"))
            assertThat(Query.parse(query).instant("created_at[gte]")).isEqualTo(expected);
    }

    @Test
    void unknown_parameters_are_ignored() {
        Query query = Query.parse("beta=true&&=x&limit=5");
        assertThat(query.integer("limit", 20, 1, 100)).isEqualTo(5);
        assertThat(query.integer("other", 20, 1, 100)).isEqualTo(20);
    }

    @Test
    void wrong_values_are_refused_by_name() {
        assertThatThrownBy(() -> Query.parse("limit=0").integer("limit", 20, 1, 100))
                .isInstanceOf(Refused.class)
                .hasMessage("limit: must be an integer between 1 and 100");
        assertThatThrownBy(() -> Query.parse("limit=101").integer("limit", 20, 1, 100))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Query.parse("limit=99999999999").integer("limit", 20, 1, 100))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Query.parse("f=maybe").flag("f", false)).hasMessage("f: must be true or false");
        assertThatThrownBy(() -> Query.parse("t=yesterday").instant("t")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Query.parse("t=%2B999999999-01-01T00:00:00Z").instant("t"))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Query.parse("o=up").oneOf("o", null, List.of("asc", "desc")))
                .hasMessage("o: must be one of asc, desc");
        assertThatThrownBy(() -> Query.parse("s=a&s=c").texts("s", List.of("a", "b")))
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Query.parse("a=%")).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> Query.parse("a&".repeat(2000))).isInstanceOf(Refused.class);
    }
}
