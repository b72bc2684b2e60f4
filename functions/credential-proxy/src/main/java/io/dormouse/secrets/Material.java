package io.dormouse.secrets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** One revision of a credential's secret. Prints nothing of it; what it says as JSON is for a store that encrypts it. */
public final class Material {
    private final Map<SecretPart, String> parts;
    private final Instant expiresAt;
    private final Instant storedAt;
    private final Exchange exchange;

    private Material(Map<SecretPart, String> parts, Instant expiresAt, Instant storedAt, Exchange exchange) {
        this.parts = parts;
        this.expiresAt = expiresAt;
        this.storedAt = storedAt;
        this.exchange = exchange;
    }

    /**
     * Somebody is exchanging the refresh token, or has failed to: until then nobody else does.
     *
     * @param by null after a failure
     */
    record Exchange(String by, Instant until) {}

    static Material of(NewSecret secret, Instant now) {
        return new Material(Map.of(), null, now, null).with(secret, now);
    }

    /** A new revision: this one, with what is new. */
    Material with(NewSecret news, Instant now) {
        Map<SecretPart, String> all = new EnumMap<>(SecretPart.class);
        all.putAll(parts);
        news.forEach(all::put);
        Optional<Optional<Instant>> expiry = news.expiry();
        return new Material(all, expiry.isPresent() ? expiry.get().orElse(null) : expiresAt, now, null);
    }

    /** The same revision after an exchange. @param newRefreshToken null when the old one stays good */
    Material exchanged(String newAccessToken, String newRefreshToken, Instant newExpiry) {
        Map<SecretPart, String> all = new EnumMap<>(parts);
        all.put(SecretPart.ACCESS_TOKEN, newAccessToken);
        if (newRefreshToken != null) all.put(SecretPart.REFRESH_TOKEN, newRefreshToken);
        return new Material(all, newExpiry, storedAt, null);
    }

    Material exchanging(Exchange now) {
        return new Material(parts, expiresAt, storedAt, now);
    }

    /** Null when there is no such part. */
    String part(SecretPart part) {
        return parts.get(part);
    }

    Iterable<String> values() {
        return parts.values();
    }

    /** Of the access token; null when it does not expire, or nobody knows. */
    Instant expiresAt() {
        return expiresAt;
    }

    Instant storedAt() {
        return storedAt;
    }

    /** Null when nobody is at it. */
    Exchange exchange() {
        return exchange;
    }

    // ---- in a store

    ObjectNode toJson() {
        ObjectNode json = Json.object().put("stored_at", storedAt.toString());
        if (expiresAt != null) json.put("expires_at", expiresAt.toString());
        if (exchange != null)
            json.putObject("exchange")
                    .put("by", exchange.by())
                    .put("until", exchange.until().toString());
        ObjectNode named = json.putObject("parts");
        parts.forEach((part, text) -> named.put(part.wireName(), text));
        return json;
    }

    static Material of(JsonNode json) {
        Map<SecretPart, String> parts = new EnumMap<>(SecretPart.class);
        for (Map.Entry<String, JsonNode> part : json.path("parts").properties())
            SecretPart.of(part.getKey())
                    .ifPresent(known -> parts.put(known, part.getValue().asText()));
        String expires = Json.textOrNull(json, "expires_at");
        JsonNode exchange = json.path("exchange");
        return new Material(
                parts,
                expires == null ? null : Instant.parse(expires),
                Instant.parse(json.path("stored_at").asText()),
                exchange.isObject()
                        ? new Exchange(
                                Json.textOrNull(exchange, "by"),
                                Instant.parse(exchange.path("until").asText()))
                        : null);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Material its && toJson().equals(its.toJson());
    }

    @Override
    public int hashCode() {
        return storedAt.hashCode();
    }

    /** Which parts there are, and nothing of them. */
    @Override
    public String toString() {
        return "Material" + parts.keySet();
    }
}
