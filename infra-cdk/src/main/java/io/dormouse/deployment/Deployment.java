package io.dormouse.deployment;

import java.util.List;
import software.amazon.awscdk.Environment;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.Tags;
import software.constructs.Construct;

/** All zones of one deployment. A zone is a stack; it is given what it may use, and names no zone after it. */
public final class Deployment {
    private final List<Stack> zones;

    public Deployment(Construct app, Parameters parameters, Artifacts artifacts, Environment environment) {
        // A zone's exports cannot be taken away while another zone uses them.
        app.getNode().setContext("@aws-cdk/core:defaultCrossStackReferences", "strong");
        DataZone data = new DataZone(
                app,
                props(parameters, environment, "data", "what is remembered: the table, the bucket, who hears of alarms")
                        // What cannot be made again is not deleted with a click.
                        .terminationProtection(parameters.keepData())
                        .build(),
                parameters);
        HandsZone hands = new HandsZone(
                app,
                props(
                                parameters,
                                environment,
                                "hands",
                                "the network, and the sandboxes in it: no credential, no route out")
                        .build(),
                parameters,
                artifacts,
                data);
        ProxyZone proxy = new ProxyZone(
                app,
                props(
                                parameters,
                                environment,
                                "proxy",
                                "outbound requests with credentials: the only zone that reads secrets")
                        .build(),
                parameters,
                artifacts,
                data);
        BrainZone brain = new BrainZone(
                app,
                props(
                                parameters,
                                environment,
                                "brain",
                                "the harness: it asks the model, directs the hands, writes the log")
                        .build(),
                parameters,
                artifacts,
                data,
                hands,
                proxy);
        EdgeZone edge = new EdgeZone(
                app,
                props(parameters, environment, "edge", "the API, and what watches over all of it")
                        .build(),
                parameters,
                artifacts,
                data,
                proxy,
                brain);
        zones = List.of(data, hands, proxy, brain, edge);
        zones.forEach(zone -> Tags.of(zone).add("dormouse", parameters.name()));
    }

    private static StackProps.Builder props(
            Parameters parameters, Environment environment, String zone, String description) {
        return StackProps.builder()
                .stackName(parameters.name() + "-" + zone)
                .description("Dormouse, " + zone + ": " + description)
                .env(environment);
    }

    public List<Stack> zones() {
        return zones;
    }
}
