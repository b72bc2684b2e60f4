package io.dormouse.hands.fargate;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where tasks of hands run, and as what.
 *
 * @param taskDefinition its family, or one of its revisions
 * @param port where their supervisors listen
 * @param container the name of the one container in the task definition
 * @param revision differs where the definition does; null when that itself says it
 */
public record Placement(
        String cluster,
        String taskDefinition,
        List<String> subnets,
        String securityGroup,
        int port,
        String container,
        @JsonInclude(JsonInclude.Include.NON_NULL) String revision) {
    public Placement {
        subnets = List.copyOf(subnets);
    }

    /**
     * As the deployment tells it; nothing in a deployment without hands, where the first of the variables is not set.
     *
     * @throws IllegalArgumentException when the others are not as they should be
     */
    public static Optional<Placement> of(Map<String, String> environment) {
        if (environment.getOrDefault("DORMOUSE_CLUSTER", "").isBlank()) return Optional.empty();
        int port;
        try {
            port = Integer.parseInt(text(environment, "DORMOUSE_HAND_PORT"));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("DORMOUSE_HAND_PORT is no number", e);
        }
        return Optional.of(new Placement(
                text(environment, "DORMOUSE_CLUSTER"),
                text(environment, "DORMOUSE_TASK_DEFINITION"),
                List.of(text(environment, "DORMOUSE_SUBNETS").split(",")),
                text(environment, "DORMOUSE_SECURITY_GROUP"),
                port,
                text(environment, "DORMOUSE_HAND_CONTAINER"),
                environment.get("DORMOUSE_HAND_REVISION")));
    }

    private static String text(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "").strip();
        if (value.isEmpty()) throw new IllegalArgumentException(name + " is not set");
        return value;
    }

    /** All revisions of the task definition have the same: {@code arn:…:task-definition/FAMILY:REVISION}. */
    String family() {
        String name = taskDefinition.substring(taskDefinition.lastIndexOf('/') + 1);
        int colon = name.indexOf(':');
        return colon < 0 ? name : name.substring(0, colon);
    }
}
