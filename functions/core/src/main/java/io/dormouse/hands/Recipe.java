package io.dormouse.hands;

import io.dormouse.git.Repository;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a hand is given.
 *
 * @param packages by the manager that installs them: apt, cargo, gem, go, npm, pip
 * @param variables for the environment of its programs; a value may be a placeholder of a credential, never one itself
 * @param repositories to clone; the only part that is looked at again while a hand lives
 */
public record Recipe(Map<String, List<String>> packages, Map<String, String> variables, List<Repository> repositories) {
    public static final Recipe EMPTY = new Recipe(Map.of(), Map.of());

    /** Without repositories. */
    public Recipe(Map<String, List<String>> packages, Map<String, String> variables) {
        this(packages, variables, List.of());
    }

    public Recipe {
        packages = new TreeMap<>(packages);
        packages.values().removeIf(List::isEmpty);
        variables = Map.copyOf(variables);
        repositories = List.copyOf(repositories);
    }

    /** Without the values of variables. */
    @Override
    public String toString() {
        return "Recipe[packages=" + packages + ", variables=" + variables.keySet() + ", repositories=" + repositories
                + "]";
    }
}
