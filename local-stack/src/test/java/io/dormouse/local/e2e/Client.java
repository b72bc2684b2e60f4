package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.JsonValue;
import com.anthropic.models.beta.agents.AgentCreateParams;
import com.anthropic.models.beta.agents.BetaManagedAgentsAgent;
import com.anthropic.models.beta.agents.BetaManagedAgentsModel;
import com.anthropic.models.beta.environments.EnvironmentCreateParams;
import com.anthropic.models.beta.sessions.SessionCreateParams;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** One API key's view of the suite: the official Java SDK, which checks every answer, and plain HTTP for what that cannot send. */
final class Client implements AutoCloseable {
    /** What an agent's {@code tools} may be. */
    static final String TOOLSET = "[{\"type\":\"agent_toolset_20260401\"}]";

    private static final AtomicInteger NAMES = new AtomicInteger();

    private final URI address;
    private final String key;
    private final AnthropicClient sdk;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final BiConsumer<String, String> heard;

    Client(URI address, String key) {
        this(address, key, (request, answer) -> {});
    }

    /** @param heard is told of every request by plain HTTP, and of its answer with all headers */
    Client(URI address, String key, BiConsumer<String, String> heard) {
        this.address = address;
        this.key = key;
        this.heard = heard;
        this.sdk = AnthropicOkHttpClient.builder()
                .baseUrl(address.toString())
                .apiKey(key)
                .responseValidation(true)
                .build();
    }

    AnthropicClient sdk() {
        return sdk;
    }

    URI address() {
        return address;
    }

    String key() {
        return key;
    }

    // ---- plain HTTP

    Reply get(String path) {
        return send("GET", path, null, Map.of());
    }

    Reply delete(String path) {
        return send("DELETE", path, null, Map.of());
    }

    Reply post(String path, String body) {
        return send("POST", path, body, Map.of());
    }

    /** With the key, unless the headers have another one. */
    Reply send(String method, String path, String body, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path))
                .timeout(Eventually.PATIENCE)
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        if (body != null) request.setHeader("content-type", "application/json");
        if (!headers.containsKey("authorization")) request.setHeader("x-api-key", key);
        headers.forEach(request::setHeader);
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            heard.accept(method + " " + path, response.headers().map() + "\n" + response.body());
            return new Reply(response.statusCode(), response.headers(), json(response.body()));
        } catch (IOException e) {
            throw new AssertionError(method + " " + path, e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode json(String body) {
        try {
            return Json.parse(body);
        } catch (RuntimeException notJson) {
            return TextNode.valueOf(body);
        }
    }

    // ---- the SDK

    static String name(String kind) {
        return kind + "-" + NAMES.incrementAndGet();
    }

    /** @param tools a JSON list */
    BetaManagedAgentsAgent agent(String system, String tools) {
        return sdk.beta()
                .agents()
                .create(AgentCreateParams.builder()
                        .name(name("agent"))
                        .model(BetaManagedAgentsModel.CLAUDE_SONNET_5)
                        .system(system)
                        .putAdditionalBodyProperty("tools", JsonValue.fromJsonNode(Json.parse(tools)))
                        .build());
    }

    String environment() {
        return sdk.beta()
                .environments()
                .create(EnvironmentCreateParams.builder()
                        .name(name("environment"))
                        .build())
                .id();
    }

    /** A session whose agent plays the role with the built-in tools. */
    Talk talk(Brain.Role role) {
        return talk(role, TOOLSET);
    }

    Talk talk(Brain.Role role, String tools) {
        return new Talk(this, session(agent(role.system(), tools).id(), environment()));
    }

    String session(String agent, String environment) {
        String session = sdk.beta()
                .sessions()
                .create(SessionCreateParams.builder()
                        .agent(agent)
                        .environmentId(environment)
                        .build())
                .id();
        assertThat(session).startsWith("sesn_");
        return session;
    }

    @Override
    public void close() {
        sdk.close();
        http.close();
    }
}
