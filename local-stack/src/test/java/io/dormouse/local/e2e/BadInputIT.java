package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(OnSuite.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputIT {
    private Client client;
    private Talk idle;
    private Talk asking;
    private Talk archived;
    private String bashCall;
    private String customCall;
    private Map<String, String> names;
    private JsonNode before;

    /** @param method and path; {@code {…}} stands for an id of the set-up, in the body too @param says part of the message */
    private record Case(String what, String request, String body, int status, String says) {
        @Override
        public String toString() {
            return what;
        }
    }

    @BeforeAll
    void make(Brain brain, RunningSuite suite) {
        client = suite.workspace("bad-input");
        idle = client.talk(brain.role(Script.text("Hi.")));
        idle.say("hello");
        idle.settled();
        asking = client.talk(
                brain.role(Script.reply()
                        .thenToolUse("t1", "bash", "{\"command\":\"true\"}")
                        .thenToolUse("t2", "lookup", "{\"id\":\"1\"}")),
                PermissionsIT.CUSTOM);
        asking.say("go");
        bashCall = asking.awaiting().getFirst();
        customCall = asking.awaiting().getLast();
        archived = client.talk(brain.role(Script.text("Hi.")));
        client.sdk().beta().sessions().archive(archived.id());
        String agent = idle.session().agent().id();
        client.post("/v1/agents/" + agent, "{\"name\":\"version two\"}");
        String oldAgent = client.agent("x", "[]").id();
        client.sdk().beta().agents().archive(oldAgent);
        String oldEnvironment = client.environment();
        client.sdk().beta().environments().archive(oldEnvironment);
        String environment = idle.session().environmentId();
        names = Map.ofEntries(
                Map.entry("{agent}", agent),
                Map.entry("{old-agent}", oldAgent),
                Map.entry("{environment}", environment),
                Map.entry(
                        "{environment-name}",
                        client.sdk().beta().environments().retrieve(environment).name()),
                Map.entry("{old-environment}", oldEnvironment),
                Map.entry("{idle}", idle.id()),
                Map.entry("{asking}", asking.id()),
                Map.entry("{archived}", archived.id()),
                Map.entry("{bash}", bashCall),
                Map.entry("{custom}", customCall),
                Map.entry("{agents-cursor}", cursor("/v1/agents?limit=1")),
                Map.entry("{sessions-cursor}", cursor("/v1/sessions?limit=1")),
                Map.entry("{asking-cursor}", cursor("/v1/sessions/" + asking.id() + "/events?limit=1")),
                Map.entry("{idle-cursor}", cursor("/v1/sessions/" + idle.id() + "/events?limit=1")));
        before = everything();
    }

    @AfterAll
    void close() {
        client.close();
    }

    private String cursor(String path) {
        String cursor = client.get(path).json().path("next_page").asText();
        assertThat(cursor).isNotEmpty().isNotEqualTo("null");
        return cursor;
    }

    /** All that the workspace has, but for what the clock changes. */
    private JsonNode everything() {
        var all = Json.array();
        for (String path : List.of(
                "/v1/agents?limit=100&include_archived=true",
                "/v1/environments?limit=1000&include_archived=true",
                "/v1/sessions?limit=1000&include_archived=true",
                "/v1/sessions/" + idle.id() + "/events",
                "/v1/sessions/" + asking.id() + "/events",
                "/v1/sessions/" + archived.id() + "/events")) {
            Reply reply = client.get(path);
            assertThat(reply.status()).isEqualTo(200);
            for (JsonNode each : reply.json().path("data"))
                if (each instanceof com.fasterxml.jackson.databind.node.ObjectNode object) object.remove("stats");
            all.add(reply.json());
        }
        return all;
    }

    private String filled(String text) {
        String filled = text;
        for (Map.Entry<String, String> name : names.entrySet()) filled = filled.replace(name.getKey(), name.getValue());
        return filled;
    }

    /** Right for its status, in the wire's shape. */
    private static void wellFormed(Reply reply) {
        Map<Integer, List<String>> types = Map.of(
                400, List.of("invalid_request_error"),
                401, List.of("authentication_error"),
                404, List.of("not_found_error"),
                405, List.of("invalid_request_error"),
                409, List.of("invalid_request_error", "conflict_error"),
                413, List.of("request_too_large"));
        assertThat(reply.json().path("type").asText()).isEqualTo("error");
        assertThat(types.get(reply.status())).as("type of a " + reply.status()).contains(reply.errorType());
        assertThat(reply.message()).isNotBlank();
        assertThat(reply.json().path("request_id").asText()).isEqualTo(reply.header("request-id"));
        assertThat(reply.header("content-type")).startsWith("application/json");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    @FirstStoreOnly("the border refuses before it writes anywhere, two hundred times")
    void it_is_refused_clearly_and_nothing_is_half_written(Case bad) {
        String[] request = filled(bad.request()).split(" ", 2);
        Reply reply = client.send(request[0], request[1], bad.body() == null ? null : filled(bad.body()), Map.of());
        assertThat(reply.status()).as(reply.json().toString()).isEqualTo(bad.status());
        wellFormed(reply);
        assertThat(reply.message()).contains(filled(bad.says()));
        if (reply.status() == 409) assertThat(reply.header("x-should-retry")).isEqualTo("false");
        assertThat(everything()).isEqualTo(before);
    }

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        notFound(cases);
        bodies(cases);
        agents(cases);
        environments(cases);
        sessions(cases);
        events(cases);
        queries(cases);
        return cases.stream();
    }

    private static void notFound(List<Case> cases) {
        for (String id : List.of(
                "agent_unknown1",
                "agent_",
                "x",
                "..%2F..%2Fetc",
                "%00",
                "agent_" + "1".repeat(500),
                "%E4%B8%96",
                "agent_1%23v0000000001",
                "{environment}",
                "{agent}%23v0000000001"))
            cases.add(new Case("agent with the id " + id, "GET /v1/agents/" + id, null, 404, ""));
        cases.add(new Case("unknown environment", "GET /v1/environments/env_unknown1", null, 404, "env_unknown1"));
        cases.add(new Case("unknown session", "GET /v1/sessions/sesn_unknown1", null, 404, "sesn_unknown1"));
        cases.add(new Case("an agent as a session", "GET /v1/sessions/{agent}", null, 404, ""));
        cases.add(new Case("unknown session's events", "GET /v1/sessions/sesn_unknown1/events", null, 404, ""));
        cases.add(new Case("unknown thread", "GET /v1/sessions/{idle}/threads/sthr_unknown1", null, 404, ""));
        cases.add(new Case("a session as a thread", "GET /v1/sessions/{idle}/threads/{idle}", null, 404, ""));
        cases.add(new Case("unknown version", "GET /v1/agents/{agent}?version=3", null, 404, "version 3"));
        cases.add(new Case("unknown model", "GET /v1/models/gpt", null, 404, ""));
        cases.add(new Case("unknown resource", "DELETE /v1/sessions/{idle}/resources/sesrsc_1", null, 404, ""));
        cases.add(new Case("unknown path", "GET /v1/everything", null, 404, ""));
        cases.add(new Case("no path", "GET /", null, 404, ""));
        cases.add(new Case("wrong method", "PUT /v1/agents/{agent}", "{}", 405, "GET"));
        cases.add(new Case("agents are not deleted", "DELETE /v1/agents/{agent}", null, 405, ""));
        cases.add(new Case(
                "stale version", "POST /v1/agents/{agent}", "{\"version\":1,\"name\":\"x\"}", 409, "version 2"));
        cases.add(new Case(
                "version of the future",
                "POST /v1/agents/{agent}",
                "{\"version\":3,\"name\":\"x\"}",
                409,
                "version 2"));
        cases.add(new Case(
                "name that is taken", "POST /v1/environments", "{\"name\":\"{environment-name}\"}", 409, "name"));
    }

    private static void bodies(List<Case> cases) {
        for (String path : List.of(
                "/v1/agents",
                "/v1/agents/{agent}",
                "/v1/environments",
                "/v1/environments/{environment}",
                "/v1/sessions",
                "/v1/sessions/{idle}",
                "/v1/sessions/{idle}/events")) {
            cases.add(new Case("no JSON for " + path, "POST " + path, "nonsense", 400, "JSON"));
            cases.add(new Case("half of a JSON for " + path, "POST " + path, "{\"name\":\"x", 400, "JSON"));
            cases.add(new Case("a list for " + path, "POST " + path, "[]", 400, "object"));
            cases.add(new Case("null for " + path, "POST " + path, "null", 400, "object"));
            cases.add(new Case("two objects for " + path, "POST " + path, "{}{}", 400, "JSON"));
            cases.add(new Case("too deep for " + path, "POST " + path, nested(5000), 400, "deep"));
            cases.add(new Case("metadata is a list for " + path, "POST " + path, "{\"metadata\":[]}", 400, ""));
        }
        cases.add(new Case(
                "a number that has no end",
                "POST /v1/agents",
                "{\"name\":\"x\",\"model\":\"m\",\"version\":" + "9".repeat(5000) + "}",
                400,
                ""));
    }

    private static String nested(int depth) {
        return "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
    }

    private static void agents(List<Case> cases) {
        Map<String, String> wrong = new java.util.LinkedHashMap<>();
        wrong.put("name is missing", "\"model\":\"m\"");
        wrong.put("name is a number", "\"model\":\"m\",\"name\":5");
        wrong.put("name is null", "\"model\":\"m\",\"name\":null");
        wrong.put("name is empty", "\"model\":\"m\",\"name\":\"\"");
        wrong.put("name is too long", "\"model\":\"m\",\"name\":\"" + "n".repeat(257) + "\"");
        wrong.put("model is missing", "\"name\":\"x\"");
        wrong.put("model is null", "\"name\":\"x\",\"model\":null");
        wrong.put("model is empty", "\"name\":\"x\",\"model\":\"\"");
        wrong.put("model is a number", "\"name\":\"x\",\"model\":7");
        wrong.put("model has no id", "\"name\":\"x\",\"model\":{}");
        wrong.put("effort is unknown", "\"name\":\"x\",\"model\":{\"id\":\"claude-sonnet-5\",\"effort\":\"huge\"}");
        wrong.put("speed is unknown", "\"name\":\"x\",\"model\":{\"id\":\"m\",\"speed\":\"warp\"}");
        String good = "\"name\":\"x\",\"model\":\"claude-sonnet-5\",";
        wrong.put("description is too long", good + "\"description\":\"" + "d".repeat(2049) + "\"");
        wrong.put("system is too long", good + "\"system\":\"" + "s".repeat(100_001) + "\"");
        wrong.put("system is a list", good + "\"system\":[]");
        wrong.put("tools is an object", good + "\"tools\":{}");
        wrong.put("tools has a text", good + "\"tools\":[\"bash\"]");
        wrong.put("tool without a type", good + "\"tools\":[{\"name\":\"bash\"}]");
        wrong.put("tool of an unknown type", good + "\"tools\":[{\"type\":\"bash_20250124\"}]");
        wrong.put(
                "toolset twice",
                good + "\"tools\":[{\"type\":\"agent_toolset_20260401\"},{\"type\":\"agent_toolset_20260401\"}]");
        wrong.put(
                "unknown built-in",
                good + "\"tools\":[{\"type\":\"agent_toolset_20260401\",\"configs\":[{\"name\":\"teleport\"}]}]");
        wrong.put(
                "unknown policy",
                good + "\"tools\":[{\"type\":\"agent_toolset_20260401\",\"default_config\":"
                        + "{\"permission_policy\":{\"type\":\"never\"}}}]");
        wrong.put("too many tools", good + "\"tools\":[" + customs(257) + "]");
        wrong.put("custom tool named twice", good + "\"tools\":[" + custom("a") + "," + custom("a") + "]");
        wrong.put(
                "custom tool named like a built-in",
                good + "\"tools\":[{\"type\":\"agent_toolset_20260401\"}," + custom("bash") + "]");
        wrong.put("custom tool with a space", good + "\"tools\":[" + custom("a b") + "]");
        wrong.put("custom tool with a long name", good + "\"tools\":[" + custom("a".repeat(129)) + "]");
        wrong.put(
                "custom tool without a schema",
                good + "\"tools\":[{\"type\":\"custom\",\"name\":\"a\",\"description\":\"d\"}]");
        wrong.put(
                "custom tool whose schema is no object",
                good + "\"tools\":[{\"type\":\"custom\",\"name\":\"a\",\"description\":\"d\",\"input_schema\":"
                        + "{\"type\":\"string\"}}]");
        wrong.put(
                "server without a toolset",
                good + "\"mcp_servers\":[{\"type\":\"url\",\"name\":\"s\",\"url\":\"https://x.org\"}]");
        wrong.put(
                "toolset without a server", good + "\"tools\":[{\"type\":\"mcp_toolset\",\"mcp_server_name\":\"s\"}]");
        wrong.put(
                "server with a bad URL",
                good + "\"mcp_servers\":[{\"type\":\"url\",\"name\":\"s\",\"url\":\"file:///etc/passwd\"}]");
        wrong.put("skills", good + "\"skills\":[{\"type\":\"anthropic\",\"skill_id\":\"xlsx\"}]");
        wrong.put("multiagent", good + "\"multiagent\":{\"type\":\"coordinator\",\"agents\":[]}");
        wrong.put(
                "an AWS role",
                good + "\"execution_identity\":{\"type\":\"aws_role\",\"role_arn\":\"arn:aws:iam::1:role/x\"}");
        wrong.put(
                "too much metadata",
                good + "\"metadata\":{"
                        + IntStream.range(0, 17)
                                .mapToObj(i -> "\"k" + i + "\":\"v\"")
                                .collect(Collectors.joining(",")) + "}");
        wrong.put("a long metadata key", good + "\"metadata\":{\"" + "k".repeat(65) + "\":\"v\"}");
        wrong.put("a long metadata value", good + "\"metadata\":{\"k\":\"" + "v".repeat(513) + "\"}");
        wrong.put("a metadata number", good + "\"metadata\":{\"k\":1}");
        wrong.forEach(
                (what, body) -> cases.add(new Case("agent: " + what, "POST /v1/agents", "{" + body + "}", 400, "")));
        cases.add(new Case(
                "update of an archived agent", "POST /v1/agents/{old-agent}", "{\"name\":\"x\"}", 400, "archived"));
        cases.add(new Case("update to no model", "POST /v1/agents/{agent}", "{\"model\":null}", 400, "model"));
        cases.add(new Case("version zero", "POST /v1/agents/{agent}", "{\"version\":0}", 400, "version"));
        cases.add(new Case("version as a text", "POST /v1/agents/{agent}", "{\"version\":\"1\"}", 400, "version"));
        cases.add(new Case(
                "a good name with a bad tool",
                "POST /v1/agents/{agent}",
                "{\"name\":\"y\",\"tools\":[5]}",
                400,
                "tools.0"));
    }

    private static String customs(int count) {
        return IntStream.range(0, count).mapToObj(i -> custom("tool" + i)).collect(Collectors.joining(","));
    }

    private static String custom(String name) {
        return "{\"type\":\"custom\",\"name\":\"" + name
                + "\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"}}";
    }

    private static void environments(List<Case> cases) {
        String make = "POST /v1/environments";
        cases.add(new Case("environment without a name", make, "{}", 400, "name"));
        cases.add(new Case(
                "environment of another kind",
                make,
                "{\"name\":\"n\",\"config\":{\"type\":\"moon\"}}",
                400,
                "config.type"));
        cases.add(new Case(
                "networking of another kind",
                make,
                "{\"name\":\"n\",\"config\":{\"type\":\"cloud\",\"networking\":{\"type\":\"some\"}}}",
                400,
                "networking"));
        cases.add(new Case(
                "hosts that are no list",
                make,
                "{\"name\":\"n\",\"config\":{\"type\":\"cloud\",\"networking\":{\"type\":\"limited\",\"allowed_hosts\":\"x\"}}}",
                400,
                "allowed_hosts"));
        cases.add(new Case(
                "a URL for a host",
                make,
                "{\"name\":\"n\",\"config\":{\"type\":\"cloud\",\"networking\":{\"type\":\"limited\",\"allowed_hosts\":[\"https://x\"]}}}",
                400,
                "allowed_hosts.0"));
        cases.add(new Case(
                "an option for a package",
                make,
                "{\"name\":\"n\",\"config\":{\"type\":\"cloud\",\"packages\":{\"apt\":[\"--force\"]}}}",
                400,
                "packages"));
        cases.add(new Case("a long name", make, "{\"name\":\"" + "n".repeat(257) + "\"}", 400, "name"));
        cases.add(new Case("scope of another kind", make, "{\"name\":\"n\",\"scope\":\"world\"}", 400, "scope"));
        cases.add(new Case(
                "update of an archived environment",
                "POST /v1/environments/{old-environment}",
                "{\"name\":\"n\"}",
                400,
                "archived"));
    }

    private static void sessions(List<Case> cases) {
        String make = "POST /v1/sessions";
        String fine = "\"agent\":\"{agent}\",\"environment_id\":\"{environment}\"";
        cases.add(new Case("session without an agent", make, "{\"environment_id\":\"{environment}\"}", 400, "agent"));
        cases.add(new Case("session without an environment", make, "{\"agent\":\"{agent}\"}", 400, "environment_id"));
        cases.add(new Case(
                "agent is a number", make, "{\"agent\":1,\"environment_id\":\"{environment}\"}", 400, "agent"));
        cases.add(new Case(
                "unknown agent", make, "{\"agent\":\"agent_1\",\"environment_id\":\"{environment}\"}", 404, "agent_1"));
        cases.add(new Case(
                "unknown environment", make, "{\"agent\":\"{agent}\",\"environment_id\":\"env_1\"}", 404, "env_1"));
        cases.add(new Case(
                "archived agent",
                make,
                "{\"agent\":\"{old-agent}\",\"environment_id\":\"{environment}\"}",
                400,
                "archived"));
        cases.add(new Case(
                "archived environment",
                make,
                "{\"agent\":\"{agent}\",\"environment_id\":\"{old-environment}\"}",
                400,
                "archived"));
        cases.add(new Case(
                "version of the future",
                make,
                "{\"agent\":{\"type\":\"agent\",\"id\":\"{agent}\",\"version\":9},\"environment_id\":\"{environment}\"}",
                404,
                "version 9"));
        cases.add(new Case("long title", make, "{" + fine + ",\"title\":\"" + "t".repeat(501) + "\"}", 400, "title"));
        cases.add(new Case("title is a list", make, "{" + fine + ",\"title\":[]}", 400, "title"));
        cases.add(new Case(
                "51 initial events",
                make,
                "{" + fine + ",\"initial_events\":[" + messages(51) + "]}",
                400,
                "initial_events"));
        cases.add(new Case(
                "initial interrupt",
                make,
                "{" + fine + ",\"initial_events\":[" + messages(1) + ",{\"type\":\"user.interrupt\"}]}",
                400,
                "initial_events.1"));
        cases.add(new Case("unknown vault", make, "{" + fine + ",\"vault_ids\":[\"vlt_1\"]}", 404, "vlt_1"));
        cases.add(new Case(
                "unknown file",
                make,
                "{" + fine + ",\"resources\":[{\"type\":\"file\",\"file_id\":\"file_1\"}]}",
                400,
                "file_1"));
        for (String amount : List.of("\"0\"", "\"-1\"", "\"25.00\"", "\"007\"", "25", "null", "\"1e9\""))
            cases.add(new Case(
                    "budget of " + amount,
                    make,
                    "{" + fine + ",\"budget\":{\"type\":\"limit\",\"max_list_cost\":{\"amount\":" + amount
                            + ",\"currency\":\"USD\"}}}",
                    400,
                    "budget.max_list_cost.amount"));
        cases.add(new Case(
                "budget in euros",
                make,
                "{" + fine
                        + ",\"budget\":{\"type\":\"limit\",\"max_list_cost\":{\"amount\":\"1\",\"currency\":\"EUR\"}}}",
                400,
                "budget.max_list_cost.currency"));
        cases.add(new Case("budget is a number", make, "{" + fine + ",\"budget\":100}", 400, "budget"));
        cases.add(new Case(
                "budget of another kind", make, "{" + fine + ",\"budget\":{\"type\":\"target\"}}", 400, "budget.type"));
        cases.add(new Case(
                "a budget that comes later",
                "POST /v1/sessions/{idle}",
                "{\"budget\":{\"type\":\"limit\",\"max_list_cost\":{\"amount\":\"100\",\"currency\":\"USD\"}}}",
                400,
                "budget"));
        cases.add(new Case("update with vaults", "POST /v1/sessions/{idle}", "{\"vault_ids\":[]}", 400, "vault_ids"));
        cases.add(new Case(
                "update with a bad tool",
                "POST /v1/sessions/{idle}",
                "{\"title\":\"t\",\"agent\":{\"tools\":[1]}}",
                400,
                "tools.0"));
        cases.add(new Case(
                "update of an archived session", "POST /v1/sessions/{archived}", "{\"title\":\"t\"}", 400, "archived"));
        cases.add(new Case("archive of a thread", "POST /v1/sessions/{idle}/threads/x/archive", "{}", 404, ""));
    }

    private static String messages(int count) {
        return IntStream.range(0, count).mapToObj(i -> message("x")).collect(Collectors.joining(","));
    }

    private static String message(String text) {
        return "{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}";
    }

    private static void events(List<Case> cases) {
        Map<String, String> wrong = new java.util.LinkedHashMap<>();
        wrong.put("there are none", "");
        wrong.put("there are too many", messages(101));
        wrong.put("one is a text", "\"hello\"");
        wrong.put("one has no type", "{\"content\":[]}");
        wrong.put("one is of an unknown type", "{\"type\":\"user.shout\"}");
        wrong.put("one is the server's", "{\"type\":\"session.status_idle\"}");
        wrong.put("the type is a number", "{\"type\":1}");
        wrong.put("there is no content", "{\"type\":\"user.message\"}");
        wrong.put("the content is empty", "{\"type\":\"user.message\",\"content\":[]}");
        wrong.put("the content is a text", "{\"type\":\"user.message\",\"content\":\"hello\"}");
        wrong.put("the text is empty", message(""));
        wrong.put("the text is missing", "{\"type\":\"user.message\",\"content\":[{\"type\":\"text\"}]}");
        wrong.put("the block is unknown", "{\"type\":\"user.message\",\"content\":[{\"type\":\"video\"}]}");
        wrong.put(
                "the image is not base64",
                "{\"type\":\"user.message\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                        + "\"media_type\":\"image/png\",\"data\":\"???\"}}]}");
        wrong.put(
                "the image is a program",
                "{\"type\":\"user.message\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\","
                        + "\"media_type\":\"text/html\",\"data\":\"AAAA\"}}]}");
        wrong.put(
                "the image is a local file",
                "{\"type\":\"user.message\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\","
                        + "\"url\":\"file:///etc/passwd\"}}]}");
        wrong.put("the second is wrong", message("good") + ",{\"type\":\"user.message\",\"content\":[]}");
        wrong.put(
                "the interrupt is of another thread", "{\"type\":\"user.interrupt\",\"session_thread_id\":\"sthr_1\"}");
        wrong.put(
                "a system message stands alone",
                "{\"type\":\"system.message\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}");
        wrong.put("an outcome is defined", "{\"type\":\"user.define_outcome\",\"description\":\"d\"}");
        wrong.put(
                "nothing was asked",
                "{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"sevt_1\",\"result\":\"allow\"}");
        wrong.put(
                "no result was asked for", "{\"type\":\"user.custom_tool_result\",\"custom_tool_use_id\":\"sevt_1\"}");
        wrong.put(
                "the confirmation says nothing",
                "{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"{bash}\",\"result\":\"maybe\"}");
        wrong.forEach((what, events) -> cases.add(new Case(
                "events: " + what, "POST /v1/sessions/{idle}/events", "{\"events\":[" + events + "]}", 400, "")));
        cases.add(new Case("events: missing", "POST /v1/sessions/{idle}/events", "{}", 400, "events"));
        cases.add(new Case("events: an object", "POST /v1/sessions/{idle}/events", "{\"events\":{}}", 400, "events"));
        cases.add(new Case(
                "an archived session takes no events",
                "POST /v1/sessions/{archived}/events",
                "{\"events\":[" + message("x") + "]}",
                400,
                "Cannot send events to archived session: {archived}"));
        String ask = "POST /v1/sessions/{asking}/events";
        String allow = "{\"type\":\"user.tool_confirmation\",\"tool_use_id\":\"{bash}\",\"result\":\"allow\"}";
        String result = "{\"type\":\"user.custom_tool_result\",\"custom_tool_use_id\":\"{custom}\",\"content\":[]}";
        Map<String, String> answers = new java.util.LinkedHashMap<>();
        answers.put("two answers to one question", allow + "," + allow);
        answers.put("a result for a confirmation", result.replace("{custom}", "{bash}"));
        answers.put("a confirmation for a result", allow.replace("{bash}", "{custom}"));
        answers.put("a good answer and a bad one", allow + "," + result.replace("{custom}", "sevt_1"));
        answers.put("allowed with a reason to deny", allow.replace("}", ",\"deny_message\":\"no\"}"));
        answers.put("an answer of a worker", "{\"type\":\"user.tool_result\",\"tool_use_id\":\"{bash}\"}");
        answers.forEach((what, events) ->
                cases.add(new Case("answers: " + what, ask, "{\"events\":[" + events + "]}", 400, "")));
        cases.add(new Case(
                "a message while answers are awaited",
                ask,
                "{\"events\":[" + message("x") + "]}",
                400,
                "waiting on responses to events"));
        cases.add(new Case(
                "a message after one of two answers",
                ask,
                "{\"events\":[" + allow + "," + message("x") + "]}",
                400,
                "waiting on responses to events {custom}"));
    }

    private static void queries(List<Case> cases) {
        for (String list : List.of("/v1/agents", "/v1/environments", "/v1/sessions", "/v1/sessions/{idle}/events")) {
            for (String limit : List.of("0", "-1", "1001", "x", "1.5", "99999999999"))
                cases.add(
                        new Case(list + " with limit " + limit, "GET " + list + "?limit=" + limit, null, 400, "limit"));
            cases.add(new Case(list + " with no cursor", "GET " + list + "?page=nonsense", null, 400, "page"));
            cases.add(new Case(list + " with an empty cursor", "GET " + list + "?page=e30", null, 400, "page"));
            cases.add(new Case(
                    list + " with a cursor from elsewhere",
                    "GET " + list + "?page=" + (list.equals("/v1/agents") ? "{sessions-cursor}" : "{agents-cursor}"),
                    null,
                    400,
                    "page"));
        }
        cases.add(new Case(
                "a cursor of another session",
                "GET /v1/sessions/{idle}/events?page={asking-cursor}",
                null,
                400,
                "page"));
        cases.add(new Case(
                "a cursor of the other order",
                "GET /v1/sessions/{idle}/events?order=desc&page={idle-cursor}",
                null,
                400,
                "order"));
        cases.add(new Case("order of another kind", "GET /v1/sessions?order=random", null, 400, "order"));
        cases.add(new Case("status of another kind", "GET /v1/sessions?statuses%5B%5D=asleep", null, 400, "statuses"));
        cases.add(new Case(
                "time of another kind", "GET /v1/sessions?created_at%5Bgte%5D=yesterday", null, 400, "created_at"));
        cases.add(new Case(
                "flag of another kind", "GET /v1/sessions?include_archived=maybe", null, 400, "include_archived"));
        cases.add(new Case(
                "half of an escape", "GET /v1/sessions?agent_id=%25zz&x=1&created_at%5Bgt%5D=%25", null, 400, ""));
        cases.add(new Case("version of another kind", "GET /v1/agents/{agent}?version=two", null, 400, "version"));
    }

    @Test
    void without_the_right_key_nothing_is_told() {
        for (Map<String, String> headers : List.of(
                Map.of("x-api-key", ""),
                Map.of("x-api-key", "short"),
                Map.of("x-api-key", "a-key-that-nobody-has-made"),
                Map.of("x-api-key", "dm_aaaaaaaa_bbbb"),
                Map.of("x-api-key", "dm_" + "a".repeat(61)),
                Map.of("x-api-key", "", "authorization", "Basic eDp5"),
                Map.of("x-api-key", "", "authorization", "Bearer "),
                Map.of("x-api-key", "", "authorization", "Bearer a-key-that-nobody-has-made"))) {
            for (String path : List.of("/v1/agents", "/v1/sessions/" + idle.id(), "/v1/sessions/unknown")) {
                Reply reply = client.send("GET", path, null, headers);
                assertThat(reply.status()).as(headers + " " + path).isEqualTo(401);
                wellFormed(reply);
                assertThat(reply.message()).doesNotContain("nobody");
            }
            assertThat(client.send("POST", "/v1/agents", "{\"name\":\"x\",\"model\":\"m\"}", headers)
                            .status())
                    .isEqualTo(401);
        }
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void what_is_too_much_is_refused_and_the_server_goes_on() {
        Reply huge = client.post("/v1/agents", "{\"name\":\"" + "x".repeat(33 * 1024 * 1024) + "\"}");
        assertThat(huge.status()).isEqualTo(413);
        wellFormed(huge);
        Reply long1 = client.send("POST", "/v1/agents", "{}", Map.of("idempotency-key", "k".repeat(256)));
        assertThat(long1.status()).isEqualTo(400);
        Reply plain = client.send(
                "POST", "/v1/agents", "{\"name\":\"x\",\"model\":\"m\"}", Map.of("content-type", "text/plain"));
        assertThat(plain.status()).isEqualTo(400);
        wellFormed(plain);
        assertThat(everything()).isEqualTo(before);
    }

    @Test
    void strange_but_allowed_input_survives_as_it_is(Brain brain) {
        Brain.Role role = brain.role(request -> Script.text("\u0000\u2028 \ud83d\ude00 </script> \\u0041"));
        Talk talk = client.talk(role);
        String strange = "\u0000\u0001\u2028\u2029\ufeff\ud83d\ude00 \\ \" / \t\n event: x\n\ndata: y \u202e";
        talk.say(strange);
        List<JsonNode> events = talk.settled();
        assertThat(Talk.of(events, "user.message")
                        .getFirst()
                        .path("content")
                        .path(0)
                        .path("text")
                        .asText())
                .isEqualTo(strange);
        assertThat(role.last().lastUserText()).isEqualTo(strange);
        assertThat(Talk.said(events)).containsExactly("\u0000\u2028 \ud83d\ude00 </script> \\u0041");
        // Half a pair cannot be written in UTF-8.
        Reply half = client.post("/v1/sessions/" + talk.id() + "/events", "{\"events\":[" + message("\\ud83d!") + "]}");
        assertThat(half.status()).isEqualTo(200);
        Talk.of(talk.settled(), "user.message");
        assertThat(role.last().lastUserText()).isEqualTo("\ufffd!");
        // Far more than a log keeps in place, and little enough for the model's window.
        String large = "x".repeat(300_000);
        talk.say(large);
        talk.settled();
        assertThat(role.last().lastUserText()).isEqualTo(large);
        client.sdk().beta().sessions().delete(talk.id());
        before = everything();
    }
}
