package io.dormouse.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;

/** A refusal in the wire API's terms: one case per documented error type. */
public sealed interface ApiError {
    String message();

    record Invalid(String message, String code) implements ApiError {
        public Invalid(String message) {
            this(message, null);
        }
    }

    record Unauthenticated(String message) implements ApiError {}

    record Forbidden(String message) implements ApiError {}

    record NotFound(String message) implements ApiError {}

    /** @param retry whether the same request may succeed soon; official clients obey it */
    record Conflict(String message, String code, boolean retry) implements ApiError {
        public Conflict(String message) {
            this(message, null, false);
        }
    }

    record TooLarge(String message) implements ApiError {}

    record RateLimited(String message, int retryAfterSeconds) implements ApiError {}

    record Overloaded(String message) implements ApiError {}

    record Internal(String message) implements ApiError {}

    default int status() {
        return switch (this) {
            case Invalid i -> 400;
            case Unauthenticated u -> 401;
            case Forbidden f -> 403;
            case NotFound n -> 404;
            case Conflict c -> 409;
            case TooLarge t -> 413;
            case RateLimited r -> 429;
            case Internal i -> 500;
            case Overloaded o -> 529;
        };
    }

    default String type() {
        return switch (this) {
            case Invalid i -> "invalid_request_error";
            case Unauthenticated u -> "authentication_error";
            case Forbidden f -> "permission_error";
            case NotFound n -> "not_found_error";
            case Conflict c -> "conflict_error";
            case TooLarge t -> "request_too_large";
            case RateLimited r -> "rate_limit_error";
            case Internal i -> "api_error";
            case Overloaded o -> "overloaded_error";
        };
    }

    private String code() {
        return switch (this) {
            case Invalid i -> i.code();
            case Conflict c -> c.code();
            case Unauthenticated u -> null;
            case Forbidden f -> null;
            case NotFound n -> null;
            case TooLarge t -> null;
            case RateLimited r -> null;
            case Internal i -> null;
            case Overloaded o -> null;
        };
    }

    /** The envelope {@code {"type":"error","error":{…},"request_id":…}}. */
    default ObjectNode body(String requestId) {
        ObjectNode body = Json.object().put("type", "error");
        ObjectNode error = body.putObject("error").put("type", type()).put("message", message());
        if (code() != null) error.putObject("details").put("error_code", code());
        return body.put("request_id", requestId);
    }
}
