package io.dormouse.local.fargate;

import io.dormouse.hands.fargate.Placement;
import io.dormouse.testkit.ecs.EcsEmulator;
import io.dormouse.testkit.ecs.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the deployment's task definition runs, as processes of this machine. */
public final class HandImage {
    /** What the deployment tells the harness of its hands. */
    public static final Map<String, String> PLACEMENT = Map.of(
            "DORMOUSE_CLUSTER", "arn:aws:ecs:us-east-1:000000000000:cluster/hands",
            "DORMOUSE_TASK_DEFINITION", "dormouse-hand",
            "DORMOUSE_SUBNETS", "subnet-1,subnet-2",
            "DORMOUSE_SECURITY_GROUP", "sg-1",
            "DORMOUSE_HAND_PORT", "7070",
            "DORMOUSE_HAND_CONTAINER", "hand");

    private static final String DEFINITION = "arn:aws:ecs:us-east-1:000000000000:task-definition/dormouse-hand:7";

    /** As in the image. */
    static final List<String> JVM = List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx128m");

    private HandImage() {}

    static Placement placement() {
        return Placement.of(PLACEMENT).orElseThrow();
    }

    /** The same, of a definition that was made of this. */
    static Placement placement(String revision) {
        Map<String, String> environment = new HashMap<>(PLACEMENT);
        environment.put("DORMOUSE_HAND_REVISION", revision);
        return Placement.of(environment).orElseThrow();
    }

    /** A cluster of real supervisors. @param home where tasks have their files @param settings of the tasks, further ones */
    public static EcsEmulator cluster(Path home, Map<String, String> settings) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("/bin/sh", "-c", "mkdir \"$DORMOUSE_UPLOADS_DIR\" && exec \"$@\"", "sh"));
        command.addAll(JVM);
        command.addAll(HandProgram.options());
        return cluster(home, command, settings);
    }

    static EcsEmulator cluster(Path home, List<String> command, Map<String, String> settings) throws IOException {
        Placement placement = placement();
        Image image = new Image(command, environment(settings));
        return new EcsEmulator(placement.cluster(), DEFINITION, placement.container(), image, home);
    }

    /** Of the image, where it differs: a machine of its own has these folders at the root. */
    private static Map<String, String> environment(Map<String, String> settings) {
        Map<String, String> environment = new TreeMap<>(Map.of(
                "LANG", "C.UTF-8",
                "DORMOUSE_LISTEN", "0.0.0.0:7070",
                "DORMOUSE_EGRESS_LISTEN", "0.0.0.0:7071",
                "DORMOUSE_STATE_DIR", "{task}/state",
                "DORMOUSE_WORKSPACE_DIR", "{task}/workspace",
                "DORMOUSE_OUTPUTS_DIR", "{task}/outputs",
                "DORMOUSE_UPLOADS_DIR", "{task}/uploads",
                "DORMOUSE_IDLE_EXIT_SECONDS", "8100",
                "DORMOUSE_AGENT_UID", "{uid}"));
        environment.putAll(settings);
        return environment;
    }
}
