package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** A session whose model does what the user's message says, word for word: one that an attacker has taken over. */
record Room(Client client, String id, Brain.Role role) {
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final String RAW = """
            import base64, json, os, socket
            for text in json.loads(base64.b64decode('LIST')):
                answer = b''
                try:
                    s = socket.create_connection(('127.0.0.1', 3128), 60)
                    s.settimeout(60)
                    s.sendall(text.replace('$API_TOKEN', os.environ.get('API_TOKEN', '')).encode('latin1'))
                    while b'\\r\\n' not in answer:
                        part = s.recv(4096)
                        if not part: break
                        answer += part
                    s.close()
                except OSError as e:
                    answer += repr(e).encode()
                print(answer.split(b'\\r\\n')[0].decode('latin1') or 'closed')
            """;

    /** What came of a call. @param call the id of the event that asked for it */
    record Result(String call, String text, boolean isError) {
        String fine() {
            assertThat(isError).as(text).isFalse();
            return text;
        }

        String failed() {
            assertThat(isError).as(text).isTrue();
            return text;
        }

        List<String> lines() {
            return text.strip().lines().toList();
        }
    }

    /** What {@link #open} is to make a session of; each a JSON text. */
    record Plan(String networking, String vaults, String resources, String servers) {
        static final Plan PLAIN = new Plan("{\"type\":\"unrestricted\"}", "[]", "[]", "[]");

        Plan networking(String json) {
            return new Plan(json, vaults, resources, servers);
        }

        Plan vault(String id) {
            return new Plan(networking, "[\"" + id + "\"]", resources, servers);
        }

        Plan repository(String url, String token) {
            ObjectNode resource = Json.object()
                    .put("type", "github_repository")
                    .put("url", url)
                    .put("authorization_token", token);
            return new Plan(networking, vaults, "[" + resource + "]", servers);
        }

        /** @param pairs names and URLs in turn */
        Plan servers(String... pairs) {
            List<String> list = new ArrayList<>();
            for (int i = 0; i < pairs.length; i += 2)
                list.add("{\"type\":\"url\",\"name\":\"" + pairs[i] + "\",\"url\":\"" + pairs[i + 1] + "\"}");
            return new Plan(networking, vaults, resources, list.toString());
        }
    }

    static Room open(Client client, Brain brain, Plan plan) {
        Brain.Role role = brain.role(Room::obey);
        StringBuilder tools = new StringBuilder("{\"type\":\"agent_toolset_20260401\"}");
        for (JsonNode server : Json.parse(plan.servers()))
            tools.append(",{\"type\":\"mcp_toolset\",\"mcp_server_name\":\"")
                    .append(server.path("name").asText())
                    .append("\",\"default_config\":{\"permission_policy\":{\"type\":\"always_allow\"}}}");
        String agent = made(
                client,
                "/v1/agents",
                "{\"name\":\"" + Client.name("agent") + "\",\"model\":\"claude-sonnet-5\",\"system\":\"" + role.system()
                        + "\",\"mcp_servers\":" + plan.servers() + ",\"tools\":[" + tools + "]}");
        String environment = made(
                client,
                "/v1/environments",
                "{\"name\":\"" + Client.name("environment") + "\",\"config\":{\"type\":\"cloud\",\"networking\":"
                        + plan.networking() + "}}");
        String session = made(
                client,
                "/v1/sessions",
                "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + environment + "\",\"vault_ids\":" + plan.vaults()
                        + ",\"resources\":" + plan.resources() + "}");
        return new Room(client, session, role);
    }

    static String made(Client client, String path, String body) {
        Reply reply = client.post(path, body);
        assertThat(reply.status()).as(path + ": " + reply.json()).isEqualTo(200);
        return reply.id();
    }

    private static Script obey(Request request) {
        if (!request.toolResults().isEmpty()) return Script.text("Done.");
        Script script = Script.reply();
        for (JsonNode call : Json.parse(request.lastUserText()))
            script.thenToolUse(
                    "call_" + CALLS.incrementAndGet(),
                    call.path("name").asText(),
                    call.path("input").toString());
        return script;
    }

    // ---- a turn

    static JsonNode call(String tool, ObjectNode input) {
        return Json.object().put("name", tool).set("input", input);
    }

    Result bash(String command) {
        return bash(command, Duration.ofSeconds(60));
    }

    Result bash(String command, Duration most) {
        return use(call("bash", Brain.input("command", command).put("timeout_ms", most.toMillis())))
                .getFirst();
    }

    Result python(String script) {
        return bash("python3 - <<'END'\n" + script + "\nEND");
    }

    /** The status of a GET with curl, and why the proxy refused it, if it did. @param more options, and the URL at last */
    String curl(String more) {
        return bash("curl -sS -m 60 -o /dev/null -w '%{http_code} %header{x-dormouse-refused}\\n' " + more + " || true")
                .fine()
                .strip();
    }

    /** Sends bytes to the proxy as no program would. {@code $API_TOKEN} stands for the placeholder. @return status lines */
    List<String> raw(List<String> requests) {
        String list = Base64.getEncoder().encodeToString(Json.bytes(requests));
        return python(RAW.replace("LIST", list)).lines();
    }

    /** @param fields names and values in turn */
    Result tool(String name, String... fields) {
        return use(call(name, Brain.input(fields))).getFirst();
    }

    /** Calls of one reply, in one turn. */
    List<Result> use(JsonNode... calls) {
        say(Json.text(List.of(calls)));
        return results(calls.length);
    }

    void say(String text) {
        ObjectNode event = Json.object().put("type", "user.message");
        event.putArray("content").addObject().put("type", "text").put("text", text);
        ObjectNode body = Json.object();
        body.putArray("events").add(event);
        Reply reply = client.post("/v1/sessions/" + id + "/events", Json.text(body));
        assertThat(reply.status()).as(reply.json().toString()).isEqualTo(200);
    }

    /** The last results, once the session is at rest. */
    List<Result> results(int count) {
        rest();
        List<Result> results = new ArrayList<>();
        for (JsonNode event : latest(20 + 3 * count)) {
            String type = event.path("type").asText();
            if (!type.equals("agent.tool_result") && !type.equals("agent.mcp_tool_result")) continue;
            String call = event.path(type.equals("agent.tool_result") ? "tool_use_id" : "mcp_tool_use_id")
                    .asText();
            String text = event.path("content").path(0).path("text").asText();
            results.addFirst(new Result(call, text, event.path("is_error").asBoolean()));
            if (results.size() == count) return results;
        }
        throw new AssertionError("there are no " + count + " results in " + latest(20));
    }

    void rest() {
        Eventually.value(id + " comes to rest", () -> {
            String status =
                    client.get("/v1/sessions/" + id).json().path("status").asText();
            return status.equals("idle") || status.equals("terminated") ? Optional.of(status) : Optional.empty();
        });
    }

    /** The last events, the latest first. */
    JsonNode latest(int count) {
        return client.get("/v1/sessions/" + id + "/events?order=desc&limit=" + count)
                .json()
                .path("data");
    }
}
