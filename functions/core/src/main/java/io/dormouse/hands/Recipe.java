package io.dormouse.hands;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a fresh hand is given.
 *
 * @param packages by the manager that installs them: apt, cargo, gem, go, npm, pip
 * @param variables for the environment of its programs; a value may be a placeholder of a credential, never one itself
 */
public record Recipe(Map<String, List<String>> packages, Map<String, String> variables) {
    public static final Recipe EMPTY = new Recipe(Map.of(), Map.of());

    public Recipe {
        packages = new TreeMap<>(packages);
        packages.values().removeIf(List::isEmpty);
        variables = Map.copyOf(variables);
    }

    /** Without the values of variables. */
    @Override
    public String toString() {
        return "Recipe[packages=" + packages + ", variables=" + variables.keySet() + "]";
    }
}
