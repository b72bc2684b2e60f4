package io.dormouse.deployment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awscdk.Annotations;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Fn;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.ec2.ISubnet;
import software.amazon.awscdk.services.iam.Effect;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.lambda.Alias;
import software.amazon.awscdk.services.lambda.EventInvokeConfigOptions;
import software.amazon.awscdk.services.lambda.FilterCriteria;
import software.amazon.awscdk.services.lambda.FilterRule;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.RecursiveLoop;
import software.amazon.awscdk.services.lambda.SnapStartConf;
import software.amazon.awscdk.services.lambda.StartingPosition;
import software.amazon.awscdk.services.lambda.destinations.SqsDestination;
import software.amazon.awscdk.services.lambda.eventsources.DynamoEventSource;
import software.amazon.awscdk.services.lambda.eventsources.SqsDlq;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.scheduler.Schedule;
import software.amazon.awscdk.services.scheduler.ScheduleExpression;
import software.amazon.awscdk.services.scheduler.ScheduleTargetInput;
import software.amazon.awscdk.services.scheduler.targets.LambdaInvoke;
import software.amazon.awscdk.services.sqs.Queue;
import software.amazon.awscdk.services.sqs.QueueEncryption;
import software.constructs.Construct;

/**
 * The harness, and the three ways in which it is woken: at once by an invocation, surely by the table's stream, and by a
 * sweep for what both have lost. All three may come twice, late and in any order; what none delivers is in one queue.
 */
final class BrainZone extends Stack {
    private static final String HARNESS = "harness";
    /** What is invoked: the alias of the last published version, which has a snapshot to start from. Nobody invokes the function. */
    private static final String LIVE = HARNESS + ":live";

    private final Function harness;
    private final Alias live;
    private final LogGroup logs;
    private final Queue deadLetters;

    BrainZone(
            Construct app,
            StackProps props,
            Parameters parameters,
            Artifacts artifacts,
            DataZone data,
            HandsZone hands,
            ProxyZone proxy) {
        super(app, "brain", props);
        deadLetters = Queue.Builder.create(this, "DeadLetters")
                .encryption(QueueEncryption.SQS_MANAGED)
                .enforceSsl(true)
                .retentionPeriod(Duration.days(14))
                .build();
        Explained.because(deadLetters, "AwsSolutions-SQS3", "This is the queue of dead letters.");
        Functions functions = new Functions(this, parameters);
        logs = functions.logs(HARNESS);
        harness = functions
                .java(
                        HARNESS,
                        role(functions, parameters, data, hands, proxy),
                        logs,
                        artifacts.function(HARNESS),
                        environment(parameters, data, hands, proxy))
                .memorySize(parameters.harnessMemoryMegabytes())
                .vpc(hands.network().vpc())
                .vpcSubnets(hands.network().brainSubnets())
                .securityGroups(List.of(hands.network().brain()))
                .ipv6AllowedForDualStack(true)
                // A turn that outlives an invocation wakes its own function; Lambda would stop the sixteenth.
                .recursiveLoop(RecursiveLoop.ALLOW)
                .snapStart(SnapStartConf.ON_PUBLISHED_VERSIONS)
                .build();
        Annotations.of(harness)
                .acknowledgeWarning("@aws-cdk/aws-lambda:snapStartRequirePublish", "A version is published, below.");
        live = Alias.Builder.create(this, "Live")
                .aliasName("live")
                .version(harness.getCurrentVersion())
                .build();
        live.configureAsyncInvoke(EventInvokeConfigOptions.builder()
                .maxEventAge(Duration.hours(1))
                .retryAttempts(2)
                .onFailure(new SqsDestination(deadLetters))
                .build());
        followTheTable(data);
        sweep();
    }

    private Role role(Functions functions, Parameters parameters, DataZone data, HandsZone hands, ProxyZone proxy) {
        Role role = functions.role(HARNESS, Rights.toWork(data));
        role.addToPolicy(Rights.neverTouchKeys(data));
        Rights.toAsk(this, parameters.model()).forEach(role::addToPolicy);
        // By name: the function cannot be named before its role is there.
        role.addToPolicy(Rights.allow("Itself", List.of("lambda:InvokeFunction"), List.of(named(parameters, LIVE))));
        role.addToPolicy(Rights.allow(
                "Outbound",
                List.of("lambda:InvokeFunction"),
                List.of(proxy.send().getFunctionArn())));
        inNetwork(role, parameters);
        if (hands.fargate() != null) startHands(role, parameters, hands.fargate());
        return role;
    }

    private String named(Parameters parameters, String what) {
        return Fn.join(
                ":",
                List.of(
                        "arn",
                        getPartition(),
                        "lambda",
                        getRegion(),
                        getAccount(),
                        "function",
                        Functions.name(parameters, what)));
    }

    /** Lambda itself makes the function's interfaces, with the function's role: the program may not. */
    private void inNetwork(Role role, Parameters parameters) {
        List<String> actions = List.of(
                "ec2:CreateNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:DeleteNetworkInterface",
                "ec2:AssignPrivateIpAddresses",
                "ec2:UnassignPrivateIpAddresses");
        role.addToPolicy(Rights.allow("Interfaces", actions, List.of("*")));
        role.addToPolicy(PolicyStatement.Builder.create()
                .sid("InterfacesAreLambdasAlone")
                .effect(Effect.DENY)
                .actions(actions)
                .resources(List.of("*"))
                .conditions(Map.of(
                        "ArnEquals",
                        Map.of(
                                "lambda:SourceFunctionArn",
                                // Whichever of its versions it is.
                                List.of(named(parameters, HARNESS), named(parameters, HARNESS + ":*")))))
                .build());
    }

    private void startHands(Role role, Parameters parameters, HandsZone.Fargate fargate) {
        Map<String, Object> here =
                Map.of("ArnEquals", Map.of("ecs:cluster", fargate.cluster().getClusterArn()));
        role.addToPolicy(PolicyStatement.Builder.create()
                .sid("StartHands")
                .actions(List.of("ecs:RunTask"))
                // Any revision: an older one is as sealed, for network and role are the caller's to give.
                .resources(List.of(
                        taskDefinition(HandsZone.family(parameters)),
                        taskDefinition(HandsZone.family(parameters) + ":*")))
                .conditions(here)
                .build());
        role.addToPolicy(PolicyStatement.Builder.create()
                .sid("SeeAndStopHands")
                .actions(List.of("ecs:DescribeTasks", "ecs:StopTask"))
                .resources(List.of(tasks(fargate)))
                .conditions(here)
                .build());
        role.addToPolicy(PolicyStatement.Builder.create()
                .sid("ListHands")
                .actions(List.of("ecs:ListTasks"))
                .resources(List.of("*"))
                .conditions(here)
                .build());
        role.addToPolicy(PolicyStatement.Builder.create()
                .sid("NameHands")
                .actions(List.of("ecs:TagResource"))
                .resources(List.of(tasks(fargate)))
                .conditions(Map.of("StringEquals", Map.of("ecs:CreateAction", "RunTask")))
                .build());
        role.addToPolicy(PolicyStatement.Builder.create()
                .sid("TheRoleThatPulls")
                .actions(List.of("iam:PassRole"))
                .resources(List.of(fargate.execution().getRoleArn()))
                .conditions(Map.of("StringEquals", Map.of("iam:PassedToService", "ecs-tasks.amazonaws.com")))
                .build());
    }

    private String taskDefinition(String name) {
        return Rights.arn(this, "ecs", getRegion(), getAccount(), "task-definition", name);
    }

    private String tasks(HandsZone.Fargate fargate) {
        return Rights.arn(
                this,
                "ecs",
                getRegion(),
                getAccount(),
                "task",
                fargate.cluster().getClusterName() + "/*");
    }

    private Map<String, String> environment(Parameters parameters, DataZone data, HandsZone hands, ProxyZone proxy) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "DORMOUSE_TABLE", data.table().getTableName(),
                "DORMOUSE_BUCKET", data.bucket().getBucketName(),
                "DORMOUSE_HARNESS", Functions.name(parameters, LIVE),
                "DORMOUSE_PROXY", proxy.send().getFunctionName(),
                // There the bucket would be asked for by a name of all regions, which the network does not resolve.
                "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", "regional",
                // Before the snapshot is taken, hooks run where they register with Lambda's own.
                "JAVA_TOOL_OPTIONS", "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"));
        if (hands.fargate() != null) {
            HandsZone.Fargate fargate = hands.fargate();
            environment.put("DORMOUSE_CLUSTER", fargate.cluster().getClusterArn());
            // The latest of its revisions: a revision could not be replaced while this zone imports it.
            environment.put("DORMOUSE_TASK_DEFINITION", HandsZone.family(parameters));
            environment.put("DORMOUSE_HAND_REVISION", fargate.revision());
            environment.put(
                    "DORMOUSE_SUBNETS",
                    Fn.join(
                            ",",
                            hands.network().handSubnets().stream()
                                    .map(ISubnet::getSubnetId)
                                    .toList()));
            environment.put("DORMOUSE_SECURITY_GROUP", fargate.group().getSecurityGroupId());
            environment.put("DORMOUSE_HAND_PORT", Integer.toString(HandsZone.PORT));
            environment.put("DORMOUSE_HAND_CONTAINER", HandsZone.CONTAINER);
            environment.put("DORMOUSE_WARM_POOL", Integer.toString(parameters.warmPool()));
            environment.put("DORMOUSE_HAND_IDLE_SECONDS", Integer.toString(parameters.handIdleSeconds()));
        }
        environment.putAll(
                switch (parameters.model()) {
                    case Parameters.Model.BedrockMantle m ->
                        model("https://" + NameFirewall.regional(this, "bedrock-mantle", "api.aws"), "bedrock-mantle");
                    case Parameters.Model.BedrockRuntime r ->
                        model("https://" + NameFirewall.regional(this, "bedrock-runtime", "amazonaws.com"), "bedrock");
                    case Parameters.Model.At at ->
                        Map.of("DORMOUSE_MODEL_URL", at.url(), "DORMOUSE_MODEL_SIGNING", "none");
                });
        if (parameters.network() == Parameters.Network.DUALSTACK) {
            // These have no free gateway, and are reached over IPv6. Table and bucket keep the names that their
            // gateways
            // route. Java would try a name's IPv4 address first, which leads nowhere.
            environment.put("AWS_ENDPOINT_URL_LAMBDA", "https://" + NameFirewall.regional(this, "lambda", "api.aws"));
            environment.put("AWS_ENDPOINT_URL_ECS", "https://" + NameFirewall.regional(this, "ecs", "api.aws"));
            environment.merge(
                    "JAVA_TOOL_OPTIONS", "-Djava.net.preferIPv6Addresses=true", (all, more) -> all + " " + more);
            environment.put("AWS_LAMBDA_EXEC_WRAPPER", "/var/task/start.sh");
        }
        return environment;
    }

    private static Map<String, String> model(String host, String signing) {
        return Map.of("DORMOUSE_MODEL_URL", host + "/anthropic", "DORMOUSE_MODEL_SIGNING", signing);
    }

    /** A filter is a text in the template: in another order it would be another one, and every deploy a change. */
    private static Map<String, Object> inOrder(Map<String, ?> filter) {
        return new TreeMap<>(filter);
    }

    /** Heads that somebody should wake now, and nothing else that is written to the table. */
    private void followTheTable(DataZone data) {
        live.addEventSource(DynamoEventSource.Builder.create(data.table())
                .startingPosition(StartingPosition.TRIM_HORIZON)
                .filters(List.of(FilterCriteria.filter(inOrder(Map.of(
                        "eventName",
                        FilterRule.or("INSERT", "MODIFY"),
                        "dynamodb",
                        inOrder(Map.of(
                                "Keys", Map.of("sk", Map.of("S", FilterRule.isEqual("HEAD"))),
                                "NewImage", Map.of("ready", Map.of("S", FilterRule.isEqual("1"))))))))))
                .batchSize(25)
                .parallelizationFactor(4)
                .reportBatchItemFailures(true)
                .bisectBatchOnError(true)
                .retryAttempts(4)
                // What waited longer has long been found by the sweep.
                .maxRecordAge(Duration.minutes(15))
                .onFailure(new SqsDlq(deadLetters))
                .build());
        Explained.because(
                harness.getRole(),
                "AwsSolutions-IAM5",
                "Streams can only be listed without naming one; Lambda's interfaces have no names before they are made.");
    }

    private void sweep() {
        Schedule.Builder.create(this, "Sweep")
                .schedule(ScheduleExpression.rate(Duration.minutes(1)))
                .description("Heads that owe work and that nobody works on; hands that nobody uses; the warm pool")
                .target(LambdaInvoke.Builder.create(live)
                        .input(ScheduleTargetInput.fromObject(Map.of("sweep", true)))
                        .retryAttempts(0)
                        .maxEventAge(Duration.minutes(1))
                        .deadLetterQueue(deadLetters)
                        .build())
                .build();
        getNode().findAll().stream()
                .filter(Role.class::isInstance)
                .filter(role -> role.getNode().getId().startsWith("SchedulerRole"))
                .forEach(role -> Explained.because(
                        role,
                        "AwsSolutions-IAM5",
                        "The scheduler may invoke any version of the one function it is for."));
    }

    /** To be watched: all versions together. */
    Function harness() {
        return harness;
    }

    /** To be invoked. */
    Alias live() {
        return live;
    }

    LogGroup logs() {
        return logs;
    }

    Queue deadLetters() {
        return deadLetters;
    }
}
