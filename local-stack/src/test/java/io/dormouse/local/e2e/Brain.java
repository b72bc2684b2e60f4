package io.dormouse.local.e2e;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Request;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One scripted model for many sessions at once: an agent's system prompt says which role it plays. */
final class Brain implements AutoCloseable {
    private static final Pattern ROLE = Pattern.compile("role-\\d+\\.");

    private final Map<String, Role> roles = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();
    private final ScriptedModel model = ScriptedModel.start(this::script);

    URI address() {
        return model.baseUri();
    }

    /** Every request gets its script in turn; one too many is refused. */
    Role role(Script... scripts) {
        Queue<Script> left = new ConcurrentLinkedQueue<>(List.of(scripts));
        return role(request -> {
            Script next = left.poll();
            return next != null ? next : Script.error(400, "invalid_request_error", "the script has no more replies");
        });
    }

    Role role(Function<Request, Script> scripts) {
        Role role = new Role("role-" + count.incrementAndGet() + ".", scripts, new ConcurrentLinkedQueue<>());
        roles.put(role.system(), role);
        return role;
    }

    /** A reply that calls bash. */
    static Script bash(String id, String command) {
        return call(id, "bash", "command", command);
    }

    /** @param fields names and values in turn */
    static Script call(String id, String tool, String... fields) {
        return Script.toolUse(id, tool, input(fields).toString());
    }

    static ObjectNode input(String... fields) {
        ObjectNode input = Json.object();
        for (int i = 0; i < fields.length; i += 2) input.put(fields[i], fields[i + 1]);
        return input;
    }

    private Script script(Request request) {
        Matcher matcher = ROLE.matcher(request.json().path("system").toString());
        if (!matcher.find()) return Script.error(400, "invalid_request_error", "no role in the system prompt");
        Role role = roles.get(matcher.group());
        role.seen().add(request);
        return role.scripts().apply(request);
    }

    /** @param system of the agent that plays it */
    record Role(String system, Function<Request, Script> scripts, Queue<Request> seen) {
        /** So far, in the order in which they came in. */
        List<Request> requests() {
            return List.copyOf(seen);
        }

        Request last() {
            return requests().getLast();
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
