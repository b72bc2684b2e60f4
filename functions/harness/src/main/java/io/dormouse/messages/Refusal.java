package io.dormouse.messages;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.ReplyStream;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** What an answer other than 200 means. */
final class Refusal {
    private static final Duration LONGEST_WAIT = Duration.ofDays(1);

    private Refusal() {}

    /** The status decides where it is clear, the error's type otherwise. */
    static Model.Failure kind(int status, String errorType) {
        Model.Failure byType = ReplyStream.failure(errorType);
        return switch (status) {
            case 529 -> Model.Failure.OVERLOADED;
            case 429 -> Model.Failure.RATE_LIMITED;
            case 402 -> Model.Failure.BILLING;
            // A timeout, a conflict and "too early" pass, as for the official clients.
            case 408, 409, 425 -> Model.Failure.UNREACHABLE;
            default -> {
                if (status >= 500) {
                    yield byType == Model.Failure.OVERLOADED ? byType : Model.Failure.UNREACHABLE;
                }
                yield byType == Model.Failure.BILLING ? byType : Model.Failure.REFUSED;
            }
        };
    }

    static JsonNode error(byte[] body) {
        try {
            return Json.read(body, JsonNode.class).path("error");
        } catch (UncheckedIOException e) {
            // A proxy's page, or a body that was cut: the status says enough.
            return Json.object();
        }
    }

    /** @return null when the server does not say */
    static Duration retryAfter(HttpHeaders headers, Instant now) {
        Duration wait = number(headers.firstValue("retry-after-ms"), 1);
        if (wait == null) wait = number(headers.firstValue("retry-after"), 1_000);
        if (wait == null) wait = until(headers.firstValue("retry-after"), now);
        if (wait == null || wait.isNegative()) return null;
        return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
    }

    private static Duration number(Optional<String> value, long unitMillis) {
        try {
            // Beyond a long's range the cast is its greatest value, and NaN is 0.
            return value.map(text -> Duration.ofMillis((long) (Double.parseDouble(text.strip()) * unitMillis)))
                    .orElse(null);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Duration until(Optional<String> value, Instant now) {
        try {
            return value.map(text -> Duration.between(
                            now, Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.strip()))))
                    .orElse(null);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
