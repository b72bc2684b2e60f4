package io.dormouse.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.proxy.Courier;
import io.dormouse.vault.Auth;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation.Heard;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Exchanges a refresh token for an access token, by RFC 6749, section 6, and believes no answer that is not one. */
final class TokenEndpoint {
    /** Nobody gives out tokens for longer; who says so has made a mistake, or means milliseconds. */
    private static final long MAX_EXPIRES_IN = 366L * 24 * 3600 * 10;

    private final Courier courier;

    TokenEndpoint(Courier courier) {
        this.courier = courier;
    }

    sealed interface Exchanged {
        /**
         * @param refreshToken null when the old one stays good
         * @param expiresAt null when it was not said
         */
        record Fresh(String accessToken, String refreshToken, Instant expiresAt) implements Exchanged {
            @Override
            public String toString() {
                return "Fresh[expiresAt=" + expiresAt + "]";
            }
        }

        /** The grant is gone, or was never good: the endpoint said so. */
        record Rejected(Heard answer) implements Exchanged {}

        /** An answer that is none: an error that may pass, a redirect, or a lie. @param why for a log */
        record Unusable(Heard answer, String why) implements Exchanged {}

        record Unreachable(String why) implements Exchanged {}
    }

    Exchanged exchange(Auth.Refresh refresh, Material material, Instant now) {
        Optional<HttpUrl> endpoint = HttpUrl.parse(refresh.tokenEndpoint());
        if (endpoint.isEmpty()) return new Exchanged.Unreachable("the token endpoint is not a URL");
        List<Header> headers = new ArrayList<>(List.of(
                new Header("Content-Type", "application/x-www-form-urlencoded"),
                new Header("Accept", "application/json")));
        StringBuilder form = new StringBuilder("grant_type=refresh_token");
        add(form, "refresh_token", material.part(SecretPart.REFRESH_TOKEN));
        add(form, "scope", refresh.scope());
        add(form, "resource", refresh.resource());
        String clientSecret = material.part(SecretPart.CLIENT_SECRET);
        switch (refresh.clientAuth()) {
            case NONE -> add(form, "client_id", refresh.clientId());
            case POST -> {
                add(form, "client_id", refresh.clientId());
                add(form, "client_secret", clientSecret);
            }
            case BASIC -> {
                // Both are encoded for a form first (section 2.3.1).
                String pair = encoded(refresh.clientId()) + ":" + encoded(clientSecret == null ? "" : clientSecret);
                headers.add(new Header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8))));
            }
        }
        byte[] body = form.toString().getBytes(StandardCharsets.US_ASCII);
        return switch (courier.post(endpoint.get(), headers, body)) {
            case Courier.Reply.Unreachable unreachable -> new Exchanged.Unreachable(unreachable.message());
            case Courier.Reply.Answered answered -> read(answered, material, now);
        };
    }

    private static Exchanged read(Courier.Reply.Answered answered, Material material, Instant now) {
        Capture capture = Capture.of(answered);
        if (capture == null) return new Exchanged.Unreachable("the answer broke off, or took too long");
        int status = answered.status();
        if (status != 200) {
            Heard heard = capture.heard(answered, material);
            if (status >= 400 && status < 500 && status != 408 && status != 429) return new Exchanged.Rejected(heard);
            return new Exchanged.Unusable(heard, "it answered " + status);
        }
        // What may hold a token is not shown, whatever else it is.
        Heard hidden = capture.hidden(answered);
        JsonNode json;
        try {
            json = Json.MAPPER.readTree(capture.bytes());
        } catch (java.io.IOException e) {
            return new Exchanged.Unusable(hidden, "it answered something that is not JSON");
        }
        if (capture.truncated()) return new Exchanged.Unusable(hidden, "it answered too much");
        if (!(json instanceof ObjectNode token)) return new Exchanged.Unusable(hidden, "it answered no JSON object");
        String access = text(token, "access_token", SecretPart.ACCESS_TOKEN);
        if (access == null) return new Exchanged.Unusable(hidden, "it answered no access_token that can be one");
        if (!"bearer".equalsIgnoreCase(token.path("token_type").asText("bearer")))
            return new Exchanged.Unusable(hidden, "it answered a token that is no bearer token");
        String next = null;
        if (token.hasNonNull("refresh_token")) {
            next = text(token, "refresh_token", SecretPart.REFRESH_TOKEN);
            if (next == null) return new Exchanged.Unusable(hidden, "it answered a refresh_token that cannot be one");
        }
        if (!token.hasNonNull("expires_in")) return new Exchanged.Fresh(access, next, null);
        // Some write the number as a string.
        long seconds = seconds(token.get("expires_in"));
        if (seconds <= 0 || seconds > MAX_EXPIRES_IN)
            return new Exchanged.Unusable(hidden, "it answered an expires_in that cannot be one");
        return new Exchanged.Fresh(access, next, now.plusSeconds(seconds).truncatedTo(ChronoUnit.SECONDS));
    }

    private static String text(ObjectNode token, String name, SecretPart part) {
        JsonNode value = token.path(name);
        if (!value.isTextual() || part.flaw(value.textValue()).isPresent()) return null;
        return value.textValue();
    }

    private static long seconds(JsonNode value) {
        if (value.isIntegralNumber() && value.canConvertToLong()) return value.longValue();
        if (value.isNumber() && value.doubleValue() > 0 && value.doubleValue() <= MAX_EXPIRES_IN)
            return (long) value.doubleValue();
        if (value.isTextual() && value.textValue().matches("[0-9]{1,10}")) return Long.parseLong(value.textValue());
        return -1;
    }

    private static void add(StringBuilder form, String name, String value) {
        if (value != null) form.append('&').append(name).append('=').append(encoded(value));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
