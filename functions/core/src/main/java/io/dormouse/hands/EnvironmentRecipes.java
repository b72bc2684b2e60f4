package io.dormouse.hands;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The packages that a session's environment names. An environment that is gone names none. */
public final class EnvironmentRecipes implements Recipes {
    private final Resources resources;

    public EnvironmentRecipes(Resources resources) {
        this.resources = resources;
    }

    @Override
    public Recipe of(WorkspaceId workspace, SessionId session) {
        Optional<String> id = resources
                .read(workspace, "session", session.text())
                .map(document -> document.body().path("environment_id").asText());
        return id.flatMap(text -> resources.read(workspace, "environment", text))
                .map(EnvironmentRecipes::recipe)
                .orElse(Recipe.EMPTY);
    }

    private static Recipe recipe(Resource environment) {
        Map<String, List<String>> packages = new TreeMap<>();
        for (Map.Entry<String, JsonNode> list :
                environment.body().path("config").path("packages").properties()) {
            List<String> names = new ArrayList<>();
            if (list.getValue().isArray()) for (JsonNode name : list.getValue()) names.add(name.asText());
            packages.put(list.getKey(), names);
        }
        return new Recipe(packages, Map.of());
    }
}
