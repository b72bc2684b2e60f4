package io.dormouse.testkit.ecs;

import java.util.List;
import java.util.Map;

/**
 * What a task runs.
 *
 * @param command its command line
 * @param environment of the image and the task definition; {@code {task}} in a value stands for a folder of the task's own,
 *     {@code {uid}} for a user of its own, and 0.0.0.0 for its address
 */
public record Image(List<String> command, Map<String, String> environment) {
    public Image {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }
}
