package io.dormouse.messages;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.prompt.Model.Failure;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RefusalTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private record Case(int status, String type, Failure kind) {}

    @Test
    void a_status_and_an_error_type_mean_one_kind_of_failure() {
        List<Case> cases = List.of(
                new Case(529, "", Failure.OVERLOADED),
                new Case(503, "overloaded_error", Failure.OVERLOADED),
                new Case(500, "api_error", Failure.UNREACHABLE),
                new Case(500, "invalid_request_error", Failure.UNREACHABLE),
                new Case(502, "", Failure.UNREACHABLE),
                new Case(504, "timeout_error", Failure.UNREACHABLE),
                new Case(429, "rate_limit_error", Failure.RATE_LIMITED),
                new Case(408, "", Failure.UNREACHABLE),
                new Case(409, "", Failure.UNREACHABLE),
                new Case(402, "", Failure.BILLING),
                new Case(403, "billing_error", Failure.BILLING),
                new Case(400, "invalid_request_error", Failure.REFUSED),
                new Case(401, "authentication_error", Failure.REFUSED),
                new Case(403, "permission_error", Failure.REFUSED),
                new Case(404, "not_found_error", Failure.REFUSED),
                new Case(413, "request_too_large", Failure.REFUSED),
                new Case(418, "brand_new_error", Failure.REFUSED),
                new Case(301, "", Failure.REFUSED),
                new Case(204, "", Failure.REFUSED));
        for (Case one : cases) {
            assertThat(Refusal.kind(one.status(), one.type())).as("%s", one).isEqualTo(one.kind());
        }
    }

    @Test
    void a_wait_is_read_in_milliseconds_seconds_or_as_a_date() {
        assertThat(wait(Map.of())).isNull();
        assertThat(wait(Map.of("retry-after", "3"))).isEqualTo(Duration.ofSeconds(3));
        assertThat(wait(Map.of("retry-after", "0.5"))).isEqualTo(Duration.ofMillis(500));
        assertThat(wait(Map.of("retry-after", "9", "retry-after-ms", "250"))).isEqualTo(Duration.ofMillis(250));
        assertThat(wait(Map.of("retry-after", "Thu, 01 Jan 2026 00:01:00 GMT"))).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void a_wait_that_makes_no_sense_is_no_wait_and_a_long_one_is_a_day() {
        assertThat(wait(Map.of("retry-after", "soon"))).isNull();
        assertThat(wait(Map.of("retry-after", "-1"))).isNull();
        assertThat(wait(Map.of("retry-after", "Thu, 01 Jan 2015 00:01:00 GMT"))).isNull();
        assertThat(wait(Map.of("retry-after", "1e300"))).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void a_key_prints_without_itself_and_is_taken_out_of_texts() {
        Signing.ApiKey key = new Signing.ApiKey("sk-secret");
        assertThat(key.toString()).doesNotContain("secret");
        assertThat(key.redact("a sk-secret b")).isEqualTo("a [key] b");
        assertThat(key.redact("cut in sk-sec")).isEqualTo("cut in [key]");
    }

    private static Duration wait(Map<String, String> headers) {
        Map<String, List<String>> lists = new java.util.TreeMap<>();
        headers.forEach((name, value) -> lists.put(name, List.of(value)));
        return Refusal.retryAfter(HttpHeaders.of(lists, (name, value) -> true), NOW);
    }
}
