package io.dormouse.vault;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import java.time.Instant;

/** What a credential is for, without its secret: as a document keeps it and as the wire API shows it. */
public sealed interface Auth {
    String STATIC_BEARER = "static_bearer";
    String MCP_OAUTH = "mcp_oauth";
    String ENVIRONMENT_VARIABLE = "environment_variable";

    /** What no two live credentials of a vault have in common. */
    String key();

    /** @param server the MCP server that gets the token */
    record StaticBearer(String server) implements Auth {
        @Override
        public String key() {
            return serverKey(server);
        }
    }

    /**
     * @param expiresAt of the access token, as far as it is known; else null
     * @param refresh null when the token cannot be refreshed
     */
    record McpOauth(String server, Instant expiresAt, Refresh refresh) implements Auth {
        @Override
        public String key() {
            return serverKey(server);
        }
    }

    /**
     * @param hosts where the secret may go
     * @param header whether it may stand in a header
     * @param body whether it may stand in the body
     */
    record EnvironmentVariable(String name, CredentialHosts hosts, boolean header, boolean body) implements Auth {
        @Override
        public String key() {
            return "env " + name;
        }
    }

    /**
     * @param scope null when none is asked for
     * @param resource null when none is asked for
     */
    record Refresh(String tokenEndpoint, String clientId, String scope, String resource, ClientAuth clientAuth) {}

    /** How a client shows at a token endpoint who it is. */
    enum ClientAuth {
        NONE("none"),
        BASIC("client_secret_basic"),
        POST("client_secret_post");

        private final String wireName;

        ClientAuth(String wireName) {
            this.wireName = wireName;
        }

        public String wireName() {
            return wireName;
        }

        static ClientAuth of(String wireName) {
            for (ClientAuth auth : values()) if (auth.wireName.equals(wireName)) return auth;
            throw new IllegalStateException("no such client authentication is ever stored");
        }
    }

    /** Two spellings of one place are one place: scheme, host, port and path count, the query does not. */
    static String serverKey(String url) {
        return HttpUrl.parse(url)
                .map(parsed -> "mcp " + (parsed.secure() ? "https://" : "http://") + parsed.authority() + parsed.path())
                .orElseThrow(() -> new IllegalStateException("the URL of a stored server is well-formed"));
    }

    /** As it is stored, which is what the wire shows. */
    static Auth of(JsonNode stored) {
        return switch (stored.path("type").asText()) {
            case STATIC_BEARER -> new StaticBearer(stored.path("mcp_server_url").asText());
            case MCP_OAUTH -> {
                String expires = Json.textOrNull(stored, "expires_at");
                JsonNode refresh = stored.path("refresh");
                yield new McpOauth(
                        stored.path("mcp_server_url").asText(),
                        expires == null ? null : Instant.parse(expires),
                        refresh.isObject() ? refresh(refresh) : null);
            }
            case ENVIRONMENT_VARIABLE ->
                new EnvironmentVariable(
                        stored.path("secret_name").asText(),
                        CredentialHosts.of(stored.path("networking")),
                        stored.path("injection_location").path("header").asBoolean(),
                        stored.path("injection_location").path("body").asBoolean());
            default -> throw new IllegalStateException("no such kind of credential is ever stored");
        };
    }

    private static Refresh refresh(JsonNode stored) {
        return new Refresh(
                stored.path("token_endpoint").asText(),
                stored.path("client_id").asText(),
                Json.textOrNull(stored, "scope"),
                Json.textOrNull(stored, "resource"),
                ClientAuth.of(stored.path("token_endpoint_auth").path("type").asText()));
    }
}
