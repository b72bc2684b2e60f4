package io.dormouse.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.sandbox.HttpApi.Reply;
import io.dormouse.sandbox.exchange.Workspace;
import io.dormouse.sandbox.tool.Fields;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The whole HTTP interface. */
final class Routes {
    private static final long DEFAULT_WAIT_MILLIS = 20_000;
    private static final long LONGEST_WAIT_MILLIS = 60_000;
    private static final int LONGEST_ID_CHARS = 200;
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,199}");

    private interface Route {
        Reply answer(JsonNode body) throws IOException;
    }

    private final Map<String, Route> table = Map.of(
            "GET /v1/health", this::health,
            "POST /v1/execute", this::execute,
            "POST /v1/cancel", this::cancel,
            "POST /v1/prepare", this::prepare,
            "POST /v1/stop", this::stop);

    private final String hand;
    private final Calls calls;
    private final Workspace workspace;
    private final int egressPort;
    private final Consumer<Map<String, String>> preparing;
    private final Runnable stopping;
    private final String instance = UUID.randomUUID().toString();
    private volatile boolean prepared;
    private final long beganNanos = System.nanoTime();

    /** @param preparing takes the variables of shells to come */
    Routes(
            String hand,
            Calls calls,
            Workspace workspace,
            int egressPort,
            Consumer<Map<String, String>> preparing,
            Runnable stopping) {
        this.hand = hand;
        this.calls = calls;
        this.workspace = workspace;
        this.egressPort = egressPort;
        this.preparing = preparing;
        this.stopping = stopping;
    }

    /** {@code route}: method, a space, the path. */
    Reply answer(String route, JsonNode body) throws IOException {
        Route found = table.get(route);
        if (found == null) {
            return Reply.error(404, "not found");
        }
        return body.isObject() ? found.answer(body) : Reply.error(400, "the body must be a JSON object");
    }

    private Reply health(JsonNode body) throws IOException {
        return Reply.ok(Json.MAPPER
                .createObjectNode()
                .put("hand", hand)
                .put("status", "ready")
                .put("instance", instance)
                .put("prepared", prepared)
                .put("restored", workspace.restored())
                .put("egress_port", egressPort)
                .put("uptime_ms", (System.nanoTime() - beganNanos) / 1_000_000));
    }

    private Reply execute(JsonNode body) throws IOException {
        Fields fields = new Fields(body);
        String id = fields.text("id");
        String name = fields.text("name");
        OptionalLong timeout = fields.optionalPositive("timeout_ms");
        long wait = wait(body);
        Optional<String> problem = fields.problem().or(() -> idProblem(id));
        if (problem.isPresent() || wait < 0) {
            return Reply.error(400, problem.orElse("`wait_ms` must be a whole number of 0 or more"));
        }
        workspace.use();
        // A strange input is the model's mistake, not the caller's: the tool itself says so.
        Call call = new Call(
                id,
                name,
                body.path("input").isMissingNode() ? Json.MAPPER.createObjectNode() : body.get("input"),
                timeout);
        return reply(id, calls.execute(call, Duration.ofMillis(Math.min(wait, LONGEST_WAIT_MILLIS))));
    }

    private Reply cancel(JsonNode body) throws IOException {
        Fields fields = new Fields(body);
        String id = fields.text("id");
        Optional<String> problem = fields.problem().or(() -> idProblem(id));
        return problem.isPresent() ? Reply.error(400, problem.get()) : reply(id, calls.cancel(id));
    }

    private Reply prepare(JsonNode body) {
        Map<String, String> variables = new TreeMap<>();
        for (Map.Entry<String, JsonNode> each : body.path("variables").properties()) {
            boolean text =
                    each.getValue().isTextual() && each.getValue().textValue().indexOf('\0') < 0;
            if (!text || !VARIABLE.matcher(each.getKey()).matches()) {
                return Reply.error(400, "`variables` must have names of variables, and texts without NUL");
            }
            variables.put(each.getKey(), each.getValue().textValue());
        }
        preparing.accept(variables);
        prepared = body.path("complete").asBoolean(true);
        return Reply.ok(Json.MAPPER.createObjectNode().put("status", "prepared"));
    }

    private Reply stop(JsonNode body) {
        return new Reply(200, Json.MAPPER.createObjectNode().put("status", "stopping"), stopping);
    }

    private static Reply reply(String id, Calls.Answer answer) {
        return switch (answer) {
            case Calls.Answer.Done(ToolResult result) -> Reply.ok(done(id, result));
            case Calls.Answer.Running() ->
                Reply.ok(Json.MAPPER.createObjectNode().put("id", id).put("state", "running"));
            case Calls.Answer.Conflict() -> Reply.error(409, "this id belongs to a call with another name or input");
            case Calls.Answer.Busy() -> Reply.error(429, "too many calls are running");
        };
    }

    private static ObjectNode done(String id, ToolResult result) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("id", id).put("state", "done");
        body.putArray("content").addObject().put("type", "text").put("text", result.text());
        if (result.equals(Calls.LOST)) {
            body.put("lost", true);
        }
        return body.put("is_error", result.isError());
    }

    private static long wait(JsonNode body) {
        JsonNode wait = body.path("wait_ms");
        if (wait.isMissingNode() || wait.isNull()) {
            return DEFAULT_WAIT_MILLIS;
        }
        return wait.isIntegralNumber() && wait.canConvertToLong() ? wait.longValue() : -1;
    }

    private static Optional<String> idProblem(String id) {
        return id.isEmpty() || id.length() > LONGEST_ID_CHARS
                ? Optional.of("`id` must have 1 to " + LONGEST_ID_CHARS + " characters")
                : Optional.empty();
    }
}
