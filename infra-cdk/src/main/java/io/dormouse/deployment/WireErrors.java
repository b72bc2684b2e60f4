package io.dormouse.deployment;

import java.util.Map;
import software.amazon.awscdk.services.apigateway.GatewayResponseOptions;
import software.amazon.awscdk.services.apigateway.ResponseType;
import software.amazon.awscdk.services.apigateway.RestApi;

/** What API Gateway says itself, in the shape that clients of the API expect of an error. */
final class WireErrors {
    private final RestApi api;

    private WireErrors(RestApi api) {
        this.api = api;
    }

    static void speak(RestApi api) {
        WireErrors errors = new WireErrors(api);
        errors.say(
                ResponseType.UNAUTHORIZED,
                401,
                "authentication_error",
                "Give a valid API key in the x-api-key or the Authorization header");
        errors.say(ResponseType.ACCESS_DENIED, 403, "permission_error", "The key may not do this");
        errors.say(ResponseType.INVALID_API_KEY, 401, "authentication_error", "invalid API key");
        // What API Gateway says of a path that has no method.
        errors.say(ResponseType.MISSING_AUTHENTICATION_TOKEN, 404, "not_found_error", "There is nothing at this path");
        errors.say(ResponseType.RESOURCE_NOT_FOUND, 404, "not_found_error", "There is nothing at this path");
        errors.say(ResponseType.REQUEST_TOO_LARGE, 413, "request_too_large", "The request is too large");
        errors.say(ResponseType.THROTTLED, 429, "rate_limit_error", "Too many requests; try again in a second");
        errors.say(ResponseType.QUOTA_EXCEEDED, 429, "rate_limit_error", "Too many requests");
        errors.say(ResponseType.INTEGRATION_TIMEOUT, 504, "timeout_error", "The answer took too long");
        errors.say(
                ResponseType.DEFAULT_4_XX,
                null,
                "invalid_request_error",
                "The request was refused before it reached the API");
        errors.say(ResponseType.DEFAULT_5_XX, null, "api_error", "The request did not reach the API; try again");
    }

    /** @param status null for the one that API Gateway has */
    private void say(ResponseType on, Integer status, String type, String message) {
        GatewayResponseOptions.Builder options = GatewayResponseOptions.builder()
                .type(on)
                .templates(Map.of(
                        "application/json",
                        "{\"type\":\"error\",\"error\":{\"type\":\"" + type + "\",\"message\":\"" + message
                                + "\"},\"request_id\":\"$context.requestId\"}"));
        if (status != null) options.statusCode(Integer.toString(status));
        if (on.equals(ResponseType.THROTTLED)) options.responseHeaders(Map.of("retry-after", "'1'"));
        api.addGatewayResponse("Says-" + on.getResponseType(), options.build());
    }
}
