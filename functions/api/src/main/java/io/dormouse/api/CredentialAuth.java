package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Fields;
import io.dormouse.json.Json;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.vault.Auth;
import io.dormouse.vault.CredentialHosts;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.SecretPart;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The {@code auth} of a credential as a client writes it, taken apart: what is kept and shown, and the secret, which goes
 * to the safe. No refusal quotes a value.
 *
 * @param shown without anything secret
 */
record CredentialAuth(ObjectNode shown, NewSecret secret) {
    private static final int MAX_URL = 2047;
    private static final int MAX_CLIENT_ID = 1024;
    private static final int MAX_SCOPE = 8192;
    private static final int MAX_SECRET_NAME = 255;
    private static final List<String> TYPES = List.of(Auth.STATIC_BEARER, Auth.MCP_OAUTH, Auth.ENVIRONMENT_VARIABLE);
    private static final List<String> CLIENT_AUTHS =
            List.of(Auth.ClientAuth.NONE.wireName(), Auth.ClientAuth.BASIC.wireName(), Auth.ClientAuth.POST.wireName());
    private static final List<String> LOCATIONS = List.of("header", "body");

    /** What a sandbox itself is made of: a placeholder there would only break it. */
    private static final Set<String> RESERVED = Set.of(
            "PATH",
            "HOME",
            "PWD",
            "SHELL",
            "IFS",
            "ENV",
            "BASH_ENV",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "NO_PROXY",
            "ALL_PROXY");

    /** Without what the safe is to get. */
    @Override
    public String toString() {
        return "CredentialAuth[" + shown.path("type").asText() + "]";
    }

    // ---- a new credential

    static CredentialAuth created(Fields auth) {
        String type = auth.oneOf("type", TYPES);
        ObjectNode shown = Json.object().put("type", type);
        Map<SecretPart, String> parts = new EnumMap<>(SecretPart.class);
        return switch (type) {
            case Auth.STATIC_BEARER -> {
                shown.put("mcp_server_url", url(auth, "mcp_server_url"));
                parts.put(SecretPart.TOKEN, secret(auth, SecretPart.TOKEN));
                yield new CredentialAuth(shown, NewSecret.of(parts));
            }
            case Auth.MCP_OAUTH -> {
                shown.put("mcp_server_url", url(auth, "mcp_server_url"));
                parts.put(SecretPart.ACCESS_TOKEN, secret(auth, SecretPart.ACCESS_TOKEN));
                Instant expiresAt = time(auth, "expires_at");
                shown.put("expires_at", expiresAt == null ? null : expiresAt.toString());
                Fields refresh = auth.objectOrNull("refresh");
                shown.set("refresh", refresh == null ? null : refresh(refresh, parts));
                yield new CredentialAuth(shown, NewSecret.of(parts).expiring(expiresAt));
            }
            default -> {
                shown.put("secret_name", secretName(auth));
                parts.put(SecretPart.SECRET_VALUE, secret(auth, SecretPart.SECRET_VALUE));
                shown.set("networking", networking(auth.object("networking")));
                shown.set("injection_location", locations(auth, null));
                yield new CredentialAuth(shown, NewSecret.of(parts));
            }
        };
    }

    private static ObjectNode refresh(Fields refresh, Map<SecretPart, String> parts) {
        ObjectNode shown = Json.object()
                .put("token_endpoint", url(refresh, "token_endpoint"))
                .put("client_id", refresh.text("client_id", 1, MAX_CLIENT_ID))
                .put("resource", refresh.textOrNull("resource", MAX_URL))
                .put("scope", refresh.textOrNull("scope", MAX_SCOPE));
        parts.put(SecretPart.REFRESH_TOKEN, secret(refresh, SecretPart.REFRESH_TOKEN));
        Fields client = refresh.object("token_endpoint_auth");
        String type = client.oneOf("type", CLIENT_AUTHS);
        shown.putObject("token_endpoint_auth").put("type", type);
        if (!type.equals(Auth.ClientAuth.NONE.wireName()))
            parts.put(SecretPart.CLIENT_SECRET, secret(client, SecretPart.CLIENT_SECRET));
        return shown;
    }

    // ---- an update

    /** @param before as it is kept. What is absent stays; a secret that is null stays, too: there is no credential without */
    static CredentialAuth updated(Fields auth, ObjectNode before) {
        String type = auth.oneOf("type", TYPES);
        if (!type.equals(before.path("type").asText()))
            throw auth.refuse(
                    "type", "cannot be changed; it is " + before.path("type").asText());
        ObjectNode shown = before.deepCopy();
        Map<SecretPart, String> parts = new EnumMap<>(SecretPart.class);
        return switch (type) {
            case Auth.STATIC_BEARER -> {
                fixed(auth, before, "mcp_server_url");
                newPart(auth, SecretPart.TOKEN, parts);
                yield new CredentialAuth(shown, NewSecret.of(parts));
            }
            case Auth.MCP_OAUTH -> {
                fixed(auth, before, "mcp_server_url");
                newPart(auth, SecretPart.ACCESS_TOKEN, parts);
                Fields refresh = auth.objectOrNull("refresh");
                if (refresh != null) refreshed(auth, refresh, shown, parts);
                if (!auth.has("expires_at")) yield new CredentialAuth(shown, NewSecret.of(parts));
                Instant expiresAt = time(auth, "expires_at");
                shown.put("expires_at", expiresAt == null ? null : expiresAt.toString());
                yield new CredentialAuth(shown, NewSecret.of(parts).expiring(expiresAt));
            }
            default -> {
                fixed(auth, before, "secret_name");
                newPart(auth, SecretPart.SECRET_VALUE, parts);
                Fields networking = auth.objectOrNull("networking");
                if (networking != null) shown.set("networking", networking(networking));
                shown.set("injection_location", locations(auth, before.path("injection_location")));
                yield new CredentialAuth(shown, NewSecret.of(parts));
            }
        };
    }

    private static void refreshed(Fields auth, Fields refresh, ObjectNode shown, Map<SecretPart, String> parts) {
        if (!(shown.get("refresh") instanceof ObjectNode kept))
            throw auth.refuse("refresh", "cannot be added to a credential that was made without");
        fixed(refresh, kept, "token_endpoint");
        fixed(refresh, kept, "client_id");
        fixed(refresh, kept, "resource");
        newPart(refresh, SecretPart.REFRESH_TOKEN, parts);
        if (refresh.has("scope")) kept.put("scope", refresh.textOrNull("scope", MAX_SCOPE));
        Fields client = refresh.objectOrNull("token_endpoint_auth");
        if (client == null) return;
        String before = kept.path("token_endpoint_auth").path("type").asText();
        String type = client.oneOf("type", CLIENT_AUTHS);
        boolean none = Auth.ClientAuth.NONE.wireName().equals(type);
        if (!type.equals(before) && (none || Auth.ClientAuth.NONE.wireName().equals(before)))
            throw client.refuse("type", "cannot be changed from or to none");
        kept.putObject("token_endpoint_auth").put("type", type);
        if (!none) newPart(client, SecretPart.CLIENT_SECRET, parts);
    }

    /** Naming what is there already is no change. */
    private static void fixed(Fields fields, JsonNode before, String name) {
        if (fields.given(name) && !fields.raw(name).equals(before.get(name)))
            throw fields.refuse(name, "cannot be changed; archive the credential and create another");
    }

    private static void newPart(Fields fields, SecretPart part, Map<SecretPart, String> parts) {
        if (fields.given(part.wireName())) parts.put(part, secret(fields, part));
    }

    // ---- fields

    private static String secret(Fields fields, SecretPart part) {
        // The bound on the length is checked below, too, but a refusal of the longest text is to be cheap.
        String text = fields.text(part.wireName(), 1, part.maxLength());
        part.flaw(text).ifPresent(flaw -> {
            throw fields.refuse(part.wireName(), flaw);
        });
        return text;
    }

    private static String secretName(Fields auth) {
        String name = auth.text("secret_name", 1, MAX_SECRET_NAME);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_';
            if (!letter && (i == 0 || c < '0' || c > '9'))
                throw auth.refuse(
                        "secret_name", "must be the name of a variable: letters, digits and _, no digit at first");
        }
        if (RESERVED.contains(name.toUpperCase(java.util.Locale.ROOT)))
            throw auth.refuse("secret_name", "is a variable that every sandbox has already");
        return name;
    }

    private static String url(Fields fields, String name) {
        String url = fields.text(name, 1, MAX_URL);
        if (HttpUrl.parse(url).isEmpty())
            throw fields.refuse(
                    name, "must be an absolute http or https URL without user, password and fragment; encode the rest");
        return url;
    }

    private static Instant time(Fields fields, String name) {
        JsonNode value = fields.raw(name);
        if (value == null) return null;
        if (value.isTextual() && value.textValue().length() <= 64) {
            try {
                return OffsetDateTime.parse(value.textValue()).toInstant();
            } catch (DateTimeException e) {
                // Refused below.
            }
        }
        throw fields.refuse(name, "must be a time as RFC 3339 has it, for example 2026-12-31T23:59:59Z");
    }

    private static ObjectNode networking(Fields networking) {
        String type = networking.oneOf("type", List.of("unrestricted", "limited"));
        ObjectNode shown = Json.object();
        if (type.equals("limited")) {
            ArrayNode list = shown.putArray("allowed_hosts");
            if (!networking.given("allowed_hosts")) throw networking.refuse("allowed_hosts", "is required");
            List<String> hosts = networking.texts("allowed_hosts", CredentialHosts.MAX_HOSTS, 255);
            for (int i = 0; i < hosts.size(); i++) {
                if (!isHost(hosts.get(i)))
                    throw networking.refuse(
                            "allowed_hosts." + i,
                            "must be a host name, an IPv4 address, or *. and a host name; without scheme, port and path");
                list.add(hosts.get(i));
            }
        }
        return shown.put("type", type);
    }

    private static boolean isHost(String text) {
        return text.indexOf('[') < 0
                && HostRule.parse(text).filter(rule -> rule.port() == 0).isPresent();
    }

    /** @param before null for a new credential, for which what is absent in a given object is off */
    private static ObjectNode locations(Fields auth, JsonNode before) {
        ObjectNode shown = Json.object();
        if (!auth.has("injection_location")) {
            for (String location : LOCATIONS)
                shown.put(location, before == null || before.path(location).asBoolean());
            return shown;
        }
        if (!auth.given("injection_location"))
            throw auth.refuse("injection_location", "must not be null; omit the field instead");
        Fields given = auth.object("injection_location");
        boolean any = false;
        for (String location : LOCATIONS) {
            if (given.has(location) && !given.given(location))
                throw given.refuse(location, "must not be null; omit the field instead");
            boolean on =
                    given.flag(location, before != null && before.path(location).asBoolean());
            shown.put(location, on);
            any |= on;
        }
        if (!any) throw auth.refuse("injection_location", "must leave header or body on");
        return shown;
    }
}
