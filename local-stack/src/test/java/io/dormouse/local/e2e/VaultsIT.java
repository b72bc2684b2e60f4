package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.ConflictException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.beta.environments.BetaCloudConfigParams;
import com.anthropic.models.beta.environments.BetaLimitedNetworkParams;
import com.anthropic.models.beta.environments.EnvironmentCreateParams;
import com.anthropic.models.beta.sessions.SessionCreateParams;
import com.anthropic.models.beta.vaults.BetaManagedAgentsVault;
import com.anthropic.models.beta.vaults.VaultCreateParams;
import com.anthropic.models.beta.vaults.VaultUpdateParams;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsCredential;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsCredentialValidation;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsCredentialValidationStatus;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsEnvironmentVariableCreateParams;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsInjectionLocationParams;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsMcpOAuthCreateParams;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsMcpOAuthRefreshParams;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsStaticBearerCreateParams;
import com.anthropic.models.beta.vaults.credentials.BetaManagedAgentsStaticBearerUpdateParams;
import com.anthropic.models.beta.vaults.credentials.CredentialArchiveParams;
import com.anthropic.models.beta.vaults.credentials.CredentialCreateParams;
import com.anthropic.models.beta.vaults.credentials.CredentialDeleteParams;
import com.anthropic.models.beta.vaults.credentials.CredentialListParams;
import com.anthropic.models.beta.vaults.credentials.CredentialMcpOAuthValidateParams;
import com.anthropic.models.beta.vaults.credentials.CredentialRetrieveParams;
import com.anthropic.models.beta.vaults.credentials.CredentialUpdateParams;
import com.anthropic.services.blocking.beta.VaultService;
import com.anthropic.services.blocking.beta.vaults.CredentialService;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.id.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The whole life of vaults with the official SDK, on a suite of its own, whose folder is searched for secrets afterwards. */
class VaultsIT {
    private static final String CANARY = "CANARY-5b1c9e";

    private static HttpServer server;
    private static RunningSuite suite;
    private static Client client;
    private static VaultService vaults;
    private static CredentialService credentials;
    /** Everything that the API said. */
    private static final List<String> said = new ArrayList<>();

    @BeforeAll
    static void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        // An MCP server that takes nothing but the second access token, and the endpoint that gives it.
        server.createContext("/mcp", exchange -> {
            boolean good = ("Bearer " + CANARY + "-access-2")
                    .equals(exchange.getRequestHeaders().getFirst("authorization"));
            answer(exchange, good ? 200 : 401, good ? "{}" : "{\"error\":\"you sent " + CANARY + "-access-1\"}");
        });
        server.createContext("/token", exchange -> {
            String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            boolean good = form.contains("refresh_token=" + CANARY + "-refresh-1")
                    && form.contains("client_secret=" + CANARY + "-client");
            answer(
                    exchange,
                    good ? 200 : 400,
                    good
                            ? "{\"access_token\":\"" + CANARY + "-access-2\",\"refresh_token\":\"" + CANARY
                                    + "-refresh-2\",\"expires_in\":3600,\"token_type\":\"Bearer\"}"
                            : "{\"error\":\"invalid_grant\"}");
        });
        server.start();
        suite = RunningSuite.startWith(Map.of(
                "DORMOUSE_API_KEY",
                RunningSuite.KEY,
                "DORMOUSE_PRIVATE_HOSTS",
                "mcp.example:" + port() + "=127.0.0.1"));
        client = new Client(suite.address(), RunningSuite.KEY);
        vaults = client.sdk().beta().vaults();
        credentials = vaults.credentials();
    }

    private static int port() {
        return server.getAddress().getPort();
    }

    private static void answer(com.sun.net.httpserver.HttpExchange exchange, int status, String body)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("content-type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** After all that was done: nothing that was said or kept has a secret in it. */
    @AfterAll
    static void no_secret_is_anywhere() throws Exception {
        try {
            said.add(suite.output());
            for (Path file : files(suite.home()))
                said.add(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
            for (String text : said)
                for (String form : forms()) assertThat(text).doesNotContain(form);
        } finally {
            client.close();
            suite.close();
            server.stop(0);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).toList();
        }
    }

    private static List<String> forms() {
        List<String> forms = new ArrayList<>(
                List.of(CANARY, new StringBuilder(CANARY).reverse().toString()));
        forms.add(HexFormat.of().formatHex(CANARY.getBytes(StandardCharsets.UTF_8)));
        // Within a longer text base64 has one of three forms, of which the ends depend on what is beside.
        for (String before : List.of("", " ", "  ")) {
            String text = Base64.getEncoder().encodeToString((before + CANARY).getBytes(StandardCharsets.UTF_8));
            forms.add(text.substring(before.isEmpty() ? 0 : 4, text.length() - 4));
        }
        return forms;
    }

    private static <T> T heard(T answer) {
        said.add(String.valueOf(answer));
        return answer;
    }

    private static BetaManagedAgentsVault vault() {
        return heard(
                vaults.create(VaultCreateParams.builder().displayName("Alice").build()));
    }

    private static BetaManagedAgentsCredential bearer(String vault, String host) {
        return heard(credentials.create(
                vault,
                CredentialCreateParams.builder()
                        .auth(BetaManagedAgentsStaticBearerCreateParams.builder()
                                .mcpServerUrl("https://" + host + "/mcp")
                                .token(CANARY + "-token")
                                .build())
                        .build()));
    }

    private static BetaManagedAgentsCredential variable(String vault, String name, List<String> hosts) {
        return heard(credentials.create(
                vault,
                CredentialCreateParams.builder()
                        .displayName("For the sandbox")
                        .auth(BetaManagedAgentsEnvironmentVariableCreateParams.builder()
                                .secretName(name)
                                .secretValue(CANARY + "-value")
                                .limitedNetworking(hosts)
                                .injectionLocation(BetaManagedAgentsInjectionLocationParams.builder()
                                        .header(true)
                                        .build())
                                .build())
                        .build()));
    }

    private static BetaManagedAgentsCredential oauth(String vault, String refreshToken) {
        return heard(credentials.create(
                vault,
                CredentialCreateParams.builder()
                        .auth(BetaManagedAgentsMcpOAuthCreateParams.builder()
                                .mcpServerUrl("http://mcp.example:" + port() + "/mcp")
                                .accessToken(CANARY + "-access-1")
                                .refresh(BetaManagedAgentsMcpOAuthRefreshParams.builder()
                                        .clientId("me")
                                        .refreshToken(refreshToken)
                                        .tokenEndpoint("http://mcp.example:" + port() + "/token")
                                        .clientSecretPostTokenEndpointAuth(CANARY + "-client")
                                        .build())
                                .build())
                        .build()));
    }

    private static BetaManagedAgentsCredential retrieve(String vault, String credential) {
        return heard(credentials.retrieve(
                credential, CredentialRetrieveParams.builder().vaultId(vault).build()));
    }

    private static BetaManagedAgentsCredentialValidation validate(String vault, String credential) {
        return heard(credentials.mcpOAuthValidate(
                credential,
                CredentialMcpOAuthValidateParams.builder().vaultId(vault).build()));
    }

    @Test
    void a_vault_is_made_changed_archived_and_deleted() {
        BetaManagedAgentsVault made = vault();
        assertThat(vaults.retrieve(made.id())).isEqualTo(made);
        assertThat(heard(vaults.update(
                                made.id(),
                                VaultUpdateParams.builder().displayName("Bob").build()))
                        .displayName())
                .isEqualTo("Bob");
        BetaManagedAgentsCredential credential = bearer(made.id(), "a.example");
        assertThat(heard(vaults.archive(made.id())).archivedAt()).isPresent();
        assertThat(retrieve(made.id(), credential.id()).archivedAt()).isPresent();
        assertThatThrownBy(() -> bearer(made.id(), "b.example")).isInstanceOf(BadRequestException.class);
        vaults.delete(made.id());
        assertThatThrownBy(() -> vaults.retrieve(made.id())).isInstanceOf(NotFoundException.class);
        assertThat(Kept.secret(suite, made.id())).isEmpty();
    }

    @Test
    void credentials_of_all_kinds_are_made_rotated_archived_and_deleted() throws IOException {
        String vault = vault().id();
        BetaManagedAgentsCredential bearer = bearer(vault, "a.example");
        BetaManagedAgentsCredential variable = variable(vault, "KEY", List.of("a.example", "*.b.example"));
        BetaManagedAgentsCredential oauth = oauth(vault, CANARY + "-refresh-1");
        assertThat(bearer.auth().asStaticBearer().mcpServerUrl()).isEqualTo("https://a.example/mcp");
        assertThat(variable.auth().asEnvironmentVariable().injectionLocation().header())
                .isTrue();
        assertThat(variable.auth().asEnvironmentVariable().injectionLocation().body())
                .isFalse();
        assertThat(oauth.auth().asMcpOAuth().refresh().orElseThrow().clientId()).isEqualTo("me");
        assertThatThrownBy(() -> bearer(vault, "A.example")).isInstanceOf(ConflictException.class);
        String before = Kept.secret(suite, vault).orElseThrow();
        BetaManagedAgentsCredential rotated = heard(credentials.update(
                bearer.id(),
                CredentialUpdateParams.builder()
                        .vaultId(vault)
                        .auth(BetaManagedAgentsStaticBearerUpdateParams.builder()
                                .token(CANARY + "-token-2")
                                .build())
                        .build()));
        assertThat(rotated.auth()).isEqualTo(bearer.auth());
        assertThat(Kept.secret(suite, vault)).isPresent().get().isNotEqualTo(before);
        heard(credentials.archive(
                variable.id(), CredentialArchiveParams.builder().vaultId(vault).build()));
        assertThat(Kept.secret(suite, vault).orElseThrow())
                .doesNotContain(variable.id())
                .contains(bearer.id());
        variable(vault, "KEY", List.of("c.example"));
        credentials.delete(
                oauth.id(), CredentialDeleteParams.builder().vaultId(vault).build());
        List<String> ids = new ArrayList<>();
        credentials
                .list(
                        vault,
                        CredentialListParams.builder()
                                .includeArchived(true)
                                .limit(1)
                                .build())
                .autoPager()
                .forEach(credential -> ids.add(heard(credential).id()));
        assertThat(ids).hasSize(3).contains(bearer.id(), variable.id());
    }

    @Test
    void a_validation_refreshes_the_token_and_says_what_was_wrong() {
        String vault = vault().id();
        String good = oauth(vault, CANARY + "-refresh-1").id();
        BetaManagedAgentsCredentialValidation first = validate(vault, good);
        assertThat(first.status()).isEqualTo(BetaManagedAgentsCredentialValidationStatus.VALID);
        assertThat(first.refresh().orElseThrow().status().asString()).isEqualTo("succeeded");
        assertThat(first.hasRefreshToken()).isTrue();
        assertThat(retrieve(vault, good).auth().asMcpOAuth().expiresAt()).isPresent();
        BetaManagedAgentsCredentialValidation second = validate(vault, good);
        assertThat(second.refresh()).isEmpty();
        assertThat(second.mcpProbe()).isEmpty();
        String other = vault().id();
        BetaManagedAgentsCredentialValidation refused =
                validate(other, oauth(other, CANARY + "-wrong").id());
        assertThat(refused.status()).isEqualTo(BetaManagedAgentsCredentialValidationStatus.INVALID);
        assertThat(refused.mcpProbe().orElseThrow().httpResponse().orElseThrow().body())
                .contains("you sent [redacted]");
        assertThat(refused.refresh().orElseThrow().httpResponse().orElseThrow().body())
                .contains("invalid_grant");
    }

    @Test
    void a_session_names_vaults_and_tells_of_hosts_that_its_environment_does_not_allow() {
        String vault = vault().id();
        BetaManagedAgentsCredential variable = variable(vault, "KEY", List.of("a.example", "b.example"));
        String environment = client.sdk()
                .beta()
                .environments()
                .create(EnvironmentCreateParams.builder()
                        .name(Client.name("environment"))
                        .config(BetaCloudConfigParams.builder()
                                .networking(BetaLimitedNetworkParams.builder()
                                        .addAllowedHost("a.example")
                                        .build())
                                .build())
                        .build())
                .id();
        SessionCreateParams create = SessionCreateParams.builder()
                .agent(client.agent("s", "[]").id())
                .environmentId(environment)
                .vaultIds(List.of(vault))
                .build();
        var session = heard(client.sdk().beta().sessions().create(create));
        assertThat(session.vaultIds()).containsExactly(vault);
        var events =
                heard(client.sdk().beta().sessions().events().list(session.id()).data());
        var error = events.getFirst().asSessionError().error().asCredentialHostUnreachable();
        assertThat(error.credentialId()).isEqualTo(variable.id());
        assertThat(error.vaultId()).isEqualTo(vault);
        assertThat(error.message()).contains("b.example").doesNotContain("a.example");
        said.add(client.get("/v1/sessions/" + session.id() + "/export").json().toString());
        vaults.archive(vault);
        assertThatThrownBy(() -> client.sdk().beta().sessions().create(create)).isInstanceOf(BadRequestException.class);
        assertThat(client.sdk().beta().sessions().retrieve(session.id()).vaultIds())
                .containsExactly(vault);
    }

    @Test
    void a_request_with_a_secret_is_remembered_by_nothing_that_could_be_tried_out() throws Exception {
        String vault = vault().id();
        String path = "/v1/vaults/" + vault + "/credentials";
        String body = "{\"auth\":{\"type\":\"static_bearer\",\"mcp_server_url\":\"https://z.example/\",\"token\":\""
                + CANARY + "-pin\"}}";
        Reply first = client.send("POST", path, body, Map.of("idempotency-key", "k"));
        Reply again = client.send("POST", path, body, Map.of("idempotency-key", "k"));
        assertThat(first.status()).isEqualTo(200);
        assertThat(again.json()).isEqualTo(first.json());
        said.add(again.json().toString());
        String plain = Sha256.hex("POST " + path + "\n" + body);
        for (Path file : files(suite.home()))
            assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                    .doesNotContain(plain);
        // Refusals do not quote what they refuse.
        said.add(client.post(path, body.replace("https", "ftp")).json().toString());
        said.add(client.post(path, body.replace("}}", "")).json().toString());
        said.add(client.post(path, body.replace("-pin", "\\n")).json().toString());
    }
}
