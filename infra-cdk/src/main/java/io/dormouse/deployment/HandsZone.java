package io.dormouse.deployment;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ecr.IRepository;
import software.amazon.awscdk.services.ecr.Repository;
import software.amazon.awscdk.services.ecr.RepositoryAttributes;
import software.amazon.awscdk.services.ecr.assets.DockerImageAsset;
import software.amazon.awscdk.services.ecr.assets.Platform;
import software.amazon.awscdk.services.ecs.CfnTaskDefinition;
import software.amazon.awscdk.services.ecs.Cluster;
import software.amazon.awscdk.services.ecs.ContainerDefinitionOptions;
import software.amazon.awscdk.services.ecs.ContainerImage;
import software.amazon.awscdk.services.ecs.ContainerInsights;
import software.amazon.awscdk.services.ecs.CpuArchitecture;
import software.amazon.awscdk.services.ecs.FargateTaskDefinition;
import software.amazon.awscdk.services.ecs.OperatingSystemFamily;
import software.amazon.awscdk.services.ecs.PortMapping;
import software.amazon.awscdk.services.ecs.RuntimePlatform;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.constructs.Construct;

/** The network, and the hands in it. Tasks have no role: what would be one's credentials, everybody in the task can read. */
final class HandsZone extends Stack {
    /** Where a hand's supervisor listens. */
    static final int PORT = 7070;

    /** Where it lets in the connections that its programs' requests go out by. */
    static final int EGRESS_PORT = 7071;

    /** What the supervisor and its file worker need of a task's memory. */
    private static final int OWN_MEGABYTES = 320;

    /** After its time a hand is saved and stopped by a sweep. One that is not ends by itself so much later. */
    private static final int SWEEPS_MAY_FAIL_SECONDS = 7200;

    /** The container's name in the task, for whoever starts one. */
    static final String CONTAINER = "hand";

    private final Network network;
    private final Fargate fargate;

    /**
     * What starts hands; null in a deployment without.
     *
     * @param revision differs where hands do: spares of another one are replaced
     */
    record Fargate(Cluster cluster, Role execution, SecurityGroup group, String revision) {}

    HandsZone(Construct app, StackProps props, Parameters parameters, Artifacts artifacts, DataZone data) {
        super(app, "hands", props);
        network = new Network(this, parameters, data);
        fargate = switch (parameters.hands()) {
            case NONE -> null;
            case SEALED -> fargate(parameters, artifacts);
        };
    }

    /** Of the task definition. */
    static String family(Parameters parameters) {
        return parameters.name() + "-hand";
    }

    private Fargate fargate(Parameters parameters, Artifacts artifacts) {
        Role execution = Role.Builder.create(this, "Execution")
                .assumedBy(new ServicePrincipal("ecs-tasks.amazonaws.com"))
                .description("Dormouse " + parameters.name() + ": Fargate pulls the sandbox's image, before it starts")
                .build();
        FargateTaskDefinition task = FargateTaskDefinition.Builder.create(this, "Hand")
                .family(family(parameters))
                .cpu(parameters.handCpu())
                .memoryLimitMiB(parameters.handMemoryMegabytes())
                .runtimePlatform(RuntimePlatform.builder()
                        .cpuArchitecture(CpuArchitecture.X86_64)
                        .operatingSystemFamily(OperatingSystemFamily.LINUX)
                        .build())
                .executionRole(execution)
                .build();
        Image image = image(parameters, artifacts);
        task.addContainer(
                CONTAINER,
                ContainerDefinitionOptions.builder()
                        .image(image.container())
                        .essential(true)
                        .environment(Map.of(
                                "DORMOUSE_LISTEN",
                                "0.0.0.0:" + PORT,
                                "DORMOUSE_EGRESS_LISTEN",
                                "0.0.0.0:" + EGRESS_PORT,
                                // Only should no sweep come: what is not saved by then is lost.
                                "DORMOUSE_IDLE_EXIT_SECONDS",
                                Integer.toString(parameters.handIdleSeconds() + SWEEPS_MAY_FAIL_SECONDS),
                                "DORMOUSE_LIMIT_MEMORY_BYTES",
                                Long.toString(agentMemory(parameters))))
                        .portMappings(List.of(
                                PortMapping.builder().containerPort(PORT).build(),
                                PortMapping.builder().containerPort(EGRESS_PORT).build()))
                        .build());
        withoutRole(task);
        Explained.because(
                execution,
                "AwsSolutions-IAM5",
                "ecr:GetAuthorizationToken knows no resource. The pulls name their repository.");
        Explained.because(
                task,
                "AwsSolutions-ECS7",
                "A log driver would need an endpoint in the sealed network, at $7.30 a month and zone, and be a way out."
                        + " A hand's journal is asked for over its connection.");
        Explained.because(
                task,
                "AwsSolutions-ECS2",
                "The addresses that a hand listens on, and a limit. Whoever starts one adds its hash, no secret.");
        Cluster cluster = Cluster.Builder.create(this, "Hands")
                // By this name its tasks are found when all is destroyed.
                .clusterName(parameters.name())
                .vpc(network.vpc())
                .containerInsightsV2(ContainerInsights.DISABLED)
                .build();
        Explained.because(
                cluster,
                "AwsSolutions-ECS4",
                "Insights cost more than small hands do. Each hand's start and end is in its session's log.");
        SecurityGroup group = network.seal(image.repository(), execution);
        group.addIngressRule(network.brain(), Port.tcpRange(PORT, EGRESS_PORT), "the harness dials in");
        network.brain().addEgressRule(group, Port.tcpRange(PORT, EGRESS_PORT), "hands");
        // Whoever imports both goes on importing both, whichever of them has hands: an import that ends cannot be
        // deployed.
        network.allHandSubnets().forEach(subnet -> exportValue(subnet.getSubnetId()));
        String revision = String.join(
                " ",
                image.version(),
                Integer.toString(parameters.handCpu()),
                Integer.toString(parameters.handMemoryMegabytes()),
                Integer.toString(parameters.handIdleSeconds()));
        return new Fargate(cluster, execution, group, revision);
    }

    /** Of the task's memory, what agent code may have: past that its commands end, and not the whole task. */
    private static long agentMemory(Parameters parameters) {
        int megabytes = parameters.handMemoryMegabytes();
        return Math.max(megabytes - OWN_MEGABYTES, megabytes / 2) * 1024L * 1024;
    }

    /** The construct insists on a role. The role is taken out of it, and nothing may grant anything to the task. */
    private static void withoutRole(FargateTaskDefinition task) {
        ((CfnTaskDefinition) task.getNode().getDefaultChild()).addPropertyDeletionOverride("TaskRoleArn");
        task.getNode().tryRemoveChild("TaskRole");
    }

    /** @param version what tells it from another one */
    private record Image(ContainerImage container, IRepository repository, String version) {}

    private Image image(Parameters parameters, Artifacts artifacts) {
        if (parameters.sandboxImage().isEmpty()) {
            DockerImageAsset asset = DockerImageAsset.Builder.create(this, "Image")
                    .directory(artifacts.sandbox().toString())
                    .platform(Platform.LINUX_AMD64)
                    .build();
            return new Image(ContainerImage.fromDockerImageAsset(asset), asset.getRepository(), asset.getAssetHash());
        }
        String uri = parameters.sandboxImage().get();
        String path = uri.substring(uri.indexOf('/') + 1);
        int end = path.indexOf('@') >= 0 ? path.indexOf('@') : path.indexOf(':');
        IRepository repository = Repository.fromRepositoryAttributes(
                this,
                "Image",
                RepositoryAttributes.builder()
                        .repositoryName(path.substring(0, end))
                        .repositoryArn("arn:aws:ecr:" + uri.split("\\.")[3] + ":" + uri.substring(0, 12)
                                + ":repository/" + path.substring(0, end))
                        .build());
        return new Image(ContainerImage.fromEcrRepository(repository, path.substring(end + 1)), repository, uri);
    }

    /** Zones of this account and region, without asking AWS while the template is made. */
    @Override
    public List<String> getAvailabilityZones() {
        return Network.zones();
    }

    Network network() {
        return network;
    }

    Fargate fargate() {
        return fargate;
    }
}
