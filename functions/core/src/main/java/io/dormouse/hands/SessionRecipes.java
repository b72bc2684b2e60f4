package io.dormouse.hands;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.git.Repository;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * The packages that a session's environment names (none, when it is gone), the session's repositories, and variables that
 * hold placeholders for its credentials.
 */
public final class SessionRecipes implements Recipes {
    private final Resources resources;
    private final BiFunction<WorkspaceId, SessionId, Map<String, String>> placeholders;

    public SessionRecipes(Resources resources, BiFunction<WorkspaceId, SessionId, Map<String, String>> placeholders) {
        this.resources = resources;
        this.placeholders = placeholders;
    }

    @Override
    public Recipe of(WorkspaceId workspace, SessionId session) {
        Optional<Resource> document = resources.read(workspace, "session", session.text());
        if (document.isEmpty()) return Recipe.EMPTY;
        JsonNode body = document.get().body();
        Map<String, List<String>> packages = resources
                .read(workspace, "environment", body.path("environment_id").asText())
                .map(SessionRecipes::packages)
                .orElse(Map.of());
        return new Recipe(packages, placeholders.apply(workspace, session), Repository.all(body.path("resources")));
    }

    private static Map<String, List<String>> packages(Resource environment) {
        Map<String, List<String>> packages = new TreeMap<>();
        for (Map.Entry<String, JsonNode> list :
                environment.body().path("config").path("packages").properties()) {
            List<String> names = new ArrayList<>();
            if (list.getValue().isArray()) for (JsonNode name : list.getValue()) names.add(name.asText());
            packages.put(list.getKey(), names);
        }
        return packages;
    }
}
