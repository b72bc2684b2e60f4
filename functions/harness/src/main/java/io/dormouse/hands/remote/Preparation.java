package io.dormouse.hands.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Recipe;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Gives a supervisor that was started lately what its hand is to have: variables, which it keeps in memory, and packages, by
 * a call that runs once for each of its lives. Safe to repeat after a crash at any point.
 */
final class Preparation {
    private static final int MOST_ATTEMPTS = 3;

    private final SupervisorClient client;
    private final Supplier<Recipe> recipe;
    private final BiFunction<HandCall, Cancellation, HandResult> calls;

    Preparation(
            SupervisorClient client, Supplier<Recipe> recipe, BiFunction<HandCall, Cancellation, HandResult> calls) {
        this.client = client;
        this.recipe = recipe;
        this.calls = calls;
    }

    /** Does what is not done yet; returns what could not be done. */
    Optional<String> of(Endpoint endpoint, Cancellation cancellation) {
        Optional<JsonNode> health = client.health(endpoint);
        if (health.isEmpty() || health.get().path("prepared").asBoolean(true)) return Optional.empty();
        Recipe wanted = recipe.get();
        boolean plain = wanted.packages().isEmpty();
        if (!(client.prepare(endpoint, wanted.variables(), plain) instanceof SupervisorClient.Answer.Ok))
            return Optional.of("The variables of the environment could not be set in the sandbox.");
        if (plain) return Optional.empty();
        HandResult result = install(health.get().path("instance").asText(), wanted.packages(), cancellation);
        Optional<String> problem = problem(result);
        if (!cancellation.requested()) {
            // Should this get lost, the next one asks again and hears the same.
            client.prepare(endpoint, wanted.variables(), true);
        }
        return cancellation.requested() ? Optional.empty() : problem;
    }

    /** Once more when an earlier owner's was interrupted: a call that ended so is never run again. */
    private HandResult install(String instance, Map<String, List<String>> packages, Cancellation cancellation) {
        for (int attempt = 1; ; attempt++) {
            HandCall call = new HandCall("install_" + instance + "_" + attempt, "install", packages(packages));
            HandResult result = calls.apply(call, cancellation);
            boolean interrupted = result.toString().contains("interrupted by the caller");
            if (!interrupted || cancellation.requested() || attempt == MOST_ATTEMPTS) return result;
        }
    }

    /** Only the variables: for a supervisor that was started again in the middle of a call. */
    void variables(Endpoint endpoint) {
        Optional<JsonNode> health = client.health(endpoint);
        if (health.isPresent() && !health.get().path("prepared").asBoolean(true)) {
            Recipe wanted = recipe.get();
            client.prepare(endpoint, wanted.variables(), wanted.packages().isEmpty());
        }
    }

    private static ObjectNode packages(Map<String, List<String>> packages) {
        ObjectNode input = Json.object();
        packages.forEach((manager, names) -> names.forEach(input.putArray(manager)::add));
        return input;
    }

    private static Optional<String> problem(HandResult result) {
        return switch (result) {
            case HandResult.Output(JsonNode content, boolean isError) ->
                isError
                        ? Optional.of("Not all packages of the environment could be installed. "
                                + content.path(0).path("text").asText())
                        : Optional.empty();
            case HandResult.Failed(String reason) ->
                Optional.of("The packages of the environment were not installed: " + reason);
            case HandResult.Lost(String reason) ->
                Optional.of("The packages of the environment may not have been installed: " + reason);
        };
    }
}
