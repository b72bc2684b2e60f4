package io.dormouse.deployment;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awscdk.CfnMapping;
import software.amazon.awscdk.Fn;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.Token;
import software.amazon.awscdk.services.ec2.CfnSecurityGroup;
import software.amazon.awscdk.services.ec2.CfnSubnet;
import software.amazon.awscdk.services.ec2.FlowLogDestination;
import software.amazon.awscdk.services.ec2.FlowLogOptions;
import software.amazon.awscdk.services.ec2.FlowLogTrafficType;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpoint;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.IInterfaceVpcEndpointService;
import software.amazon.awscdk.services.ec2.ISubnet;
import software.amazon.awscdk.services.ec2.InterfaceVpcEndpoint;
import software.amazon.awscdk.services.ec2.InterfaceVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.IpAddresses;
import software.amazon.awscdk.services.ec2.IpProtocol;
import software.amazon.awscdk.services.ec2.Peer;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetSelection;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ecr.IRepository;
import software.amazon.awscdk.services.iam.AnyPrincipal;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;

/**
 * Two kinds of subnets. The brain's reach AWS and the model over IPv6, or through NAT; the hands' have no route but the one
 * that their image comes from, and no IPv6. In each, the free gateways lead to named buckets and one table.
 */
final class Network {
    private static final String BRAIN = "brain";
    private static final String HANDS = "hands";
    private static final Port HTTPS = Port.tcp(443);

    /**
     * Of S3, by region: a security group can name a service's addresses only so, and a template cannot look them up. Other
     * regions: parameter {@code s3PrefixList}, as {@code aws ec2 describe-managed-prefix-lists} tells.
     */
    static final Map<String, String> S3_PREFIX_LISTS = Map.ofEntries(
            Map.entry("us-east-1", "pl-63a5400a"),
            Map.entry("us-east-2", "pl-7ba54012"),
            Map.entry("us-west-1", "pl-6ba54002"),
            Map.entry("us-west-2", "pl-68a54001"),
            Map.entry("sa-east-1", "pl-6aa54003"),
            Map.entry("eu-west-1", "pl-6da54004"),
            Map.entry("eu-central-1", "pl-6ea54007"),
            Map.entry("ap-south-1", "pl-78a54011"),
            Map.entry("ap-northeast-1", "pl-61a54008"),
            Map.entry("ap-northeast-2", "pl-78a54011"),
            Map.entry("ap-southeast-1", "pl-6fa54006"),
            Map.entry("ap-southeast-2", "pl-6ca54005"));

    private final Stack stack;
    private final Parameters parameters;
    private final Vpc vpc;
    private final SecurityGroup brain;

    Network(Stack stack, Parameters parameters, DataZone data) {
        this.stack = stack;
        this.parameters = parameters;
        boolean nat = parameters.network() == Parameters.Network.NAT;
        vpc = Vpc.Builder.create(stack, "Network")
                .ipProtocol(IpProtocol.DUAL_STACK)
                .ipAddresses(IpAddresses.cidr("10.83.0.0/18"))
                .availabilityZones(zones())
                .natGateways(nat ? 1 : 0)
                .subnetConfiguration(subnets(nat))
                .restrictDefaultSecurityGroup(false)
                .build();
        // The construct makes one for every dual-stack network. Nothing here is reached from the internet.
        if (!nat) Stream.of("IGW", "VPCGW").forEach(vpc.getNode()::tryRemoveChild);
        hands().forEach(subnet -> withoutIpv6((CfnSubnet) subnet.getNode().getDefaultChild()));
        vpc.addFlowLog(
                "Refused",
                FlowLogOptions.builder()
                        .trafficType(FlowLogTrafficType.REJECT)
                        .destination(FlowLogDestination.toCloudWatchLogs(
                                Functions.logGroup(stack, "RefusedConnections", parameters)))
                        .build());
        brain = group("Brain", "the harness: AWS and the model over HTTPS, and hands");
        brain.addEgressRule(Peer.anyIpv6(), HTTPS, "AWS and the model");
        brain.addEgressRule(
                Peer.anyIpv4(), HTTPS, nat ? "AWS and the model" : "the table and the bucket: IPv4 has no other route");
        gateways(data);
        if (!nat && parameters.model() instanceof Parameters.Model.BedrockRuntime) model();
        NameFirewall.close(stack, vpc, parameters, data);
    }

    /** Two, of whichever this account has in its region. */
    static List<String> zones() {
        return List.of(Fn.select(0, Fn.getAzs()), Fn.select(1, Fn.getAzs()));
    }

    private static List<SubnetConfiguration> subnets(boolean nat) {
        List<SubnetConfiguration> subnets = new ArrayList<>();
        subnets.add(subnet(BRAIN, SubnetType.PRIVATE_WITH_EGRESS));
        subnets.add(subnet(HANDS, SubnetType.PRIVATE_ISOLATED));
        if (nat) subnets.add(subnet("nat", SubnetType.PUBLIC));
        return subnets;
    }

    private static SubnetConfiguration subnet(String name, SubnetType type) {
        SubnetConfiguration.Builder subnet =
                SubnetConfiguration.builder().name(name).subnetType(type).cidrMask(22);
        return type == SubnetType.PUBLIC
                ? subnet.mapPublicIpOnLaunch(false).cidrMask(26).build()
                : subnet.build();
    }

    private static void withoutIpv6(CfnSubnet subnet) {
        subnet.addPropertyDeletionOverride("Ipv6CidrBlock");
        subnet.addPropertyDeletionOverride("AssignIpv6AddressOnCreation");
    }

    private SecurityGroup group(String id, String description) {
        return SecurityGroup.Builder.create(stack, id)
                .vpc(vpc)
                .description("Dormouse " + parameters.name() + ", " + description)
                .allowAllOutbound(false)
                .allowAllIpv6Outbound(false)
                .build();
    }

    /** The brain's way to what is remembered: this table and this bucket, and no other account's. */
    private void gateways(DataZone data) {
        Map<String, Object> ours = Map.of("StringEquals", Map.of("aws:PrincipalAccount", stack.getAccount()));
        GatewayVpcEndpoint table = gateway("TableGateway", GatewayVpcEndpointAwsService.DYNAMODB, brainSubnets());
        table.addToPolicy(anybody("Table")
                .actions(List.of("dynamodb:*Item", "dynamodb:Query"))
                .resources(List.of(data.table().getTableArn(), data.table().getTableArn() + "/index/*"))
                .conditions(ours)
                .build());
        GatewayVpcEndpoint bucket = gateway("BucketGateway", GatewayVpcEndpointAwsService.S3, brainSubnets());
        bucket.addToPolicy(anybody("Bucket")
                .actions(List.of(
                        "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListBucket"))
                .resources(List.of(data.bucket().getBucketArn(), data.bucket().arnForObjects("*")))
                .conditions(ours)
                .build());
    }

    private void model() {
        SecurityGroup group = group("ModelEndpoint", "where the model answers");
        group.addIngressRule(brain, HTTPS, "the harness asks the model");
        InterfaceVpcEndpoint endpoint =
                endpoint("ModelGateway", InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME, brainSubnets(), group);
        endpoint.addToPolicy(anybody("Model")
                .actions(List.of("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"))
                .resources(List.of("*"))
                .conditions(Map.of("StringEquals", Map.of("aws:PrincipalAccount", stack.getAccount())))
                .build());
    }

    /**
     * Makes the hands' group, and the one thing that it can reach: where its image is. Fargate pulls an image through the
     * task's own interface, so a group without any rule starts no task, and a task cannot be given another group later.
     * What the endpoints let through is bound to the role that pulls, which no program in a task has: they are no way out
     * for somebody who brought credentials of his own.
     */
    SecurityGroup seal(IRepository image, Role execution) {
        SecurityGroup endpoints = group("ImageEndpoints", "where images come from");
        SecurityGroup hands = group("HandsSeal", "hands: no way out but to their image");
        endpoints.addIngressRule(hands, HTTPS, "Fargate pulls");
        // Inside of the group, and nowhere else: a group without rules of its own is given one that allows everything.
        ((CfnSecurityGroup) hands.getNode().getDefaultChild())
                .setSecurityGroupEgress(List.of(
                        way("the registry")
                                .destinationSecurityGroupId(endpoints.getSecurityGroupId())
                                .build(),
                        way("the layers of the image")
                                .destinationPrefixListId(s3PrefixList())
                                .build()));

        // One zone of endpoints is enough for hands in one zone; each costs by the hour.
        SubnetSelection where = SubnetSelection.builder().subnets(handSubnets()).build();
        Map<String, Object> puller = Map.of("ArnEquals", Map.of("aws:PrincipalArn", execution.getRoleArn()));
        for (Map.Entry<String, IInterfaceVpcEndpointService> registry : List.of(
                Map.<String, IInterfaceVpcEndpointService>entry("Registry", InterfaceVpcEndpointAwsService.ECR),
                Map.<String, IInterfaceVpcEndpointService>entry(
                        "RegistryDocker", InterfaceVpcEndpointAwsService.ECR_DOCKER))) {
            InterfaceVpcEndpoint endpoint = endpoint(registry.getKey(), registry.getValue(), where, endpoints);
            endpoint.addToPolicy(anybody("Login")
                    .actions(List.of("ecr:GetAuthorizationToken"))
                    .resources(List.of("*"))
                    .conditions(puller)
                    .build());
            endpoint.addToPolicy(anybody("Pull")
                    .actions(List.of(
                            "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"))
                    .resources(List.of(image.getRepositoryArn()))
                    .conditions(puller)
                    .build());
        }
        GatewayVpcEndpoint layers = gateway("LayersGateway", GatewayVpcEndpointAwsService.S3, handsSubnets());
        layers.addToPolicy(anybody("Layers")
                .actions(List.of("s3:GetObject"))
                .resources(List.of(
                        Fn.join("", List.of("arn:", stack.getPartition(), ":s3:::", NameFirewall.layers(stack), "/*"))))
                .build());
        return hands;
    }

    private static CfnSecurityGroup.EgressProperty.Builder way(String description) {
        return CfnSecurityGroup.EgressProperty.builder()
                .ipProtocol("tcp")
                .fromPort(443)
                .toPort(443)
                .description(description);
    }

    private String s3PrefixList() {
        if (parameters.s3PrefixList().isPresent())
            return parameters.s3PrefixList().get();
        if (Token.isUnresolved(stack.getRegion())) {
            CfnMapping lists = CfnMapping.Builder.create(stack, "S3PrefixLists").build();
            S3_PREFIX_LISTS.forEach((region, list) -> lists.setValue(region, "s3", list));
            return lists.findInMap(stack.getRegion(), "s3");
        }
        String list = S3_PREFIX_LISTS.get(stack.getRegion());
        if (list == null)
            throw new IllegalArgumentException("the prefix list of S3 in " + stack.getRegion()
                    + " is not known here: give s3PrefixList=ID. It is told by aws ec2 describe-managed-prefix-lists"
                    + " --filters Name=prefix-list-name,Values=com.amazonaws." + stack.getRegion() + ".s3");
        return list;
    }

    private GatewayVpcEndpoint gateway(String id, GatewayVpcEndpointAwsService service, SubnetSelection subnets) {
        return GatewayVpcEndpoint.Builder.create(stack, id)
                .vpc(vpc)
                .service(service)
                .subnets(List.of(subnets))
                .build();
    }

    private InterfaceVpcEndpoint endpoint(
            String id, IInterfaceVpcEndpointService service, SubnetSelection subnets, SecurityGroup group) {
        return InterfaceVpcEndpoint.Builder.create(stack, id)
                .vpc(vpc)
                .service(service)
                .subnets(subnets)
                .securityGroups(List.of(group))
                .privateDnsEnabled(true)
                .open(false)
                .build();
    }

    /** Endpoint policies want everybody, and the conditions to say who. */
    private static PolicyStatement.Builder anybody(String name) {
        return PolicyStatement.Builder.create().sid(name).principals(List.of(new AnyPrincipal()));
    }

    Vpc vpc() {
        return vpc;
    }

    /** The harness's group. */
    SecurityGroup brain() {
        return brain;
    }

    SubnetSelection brainSubnets() {
        return SubnetSelection.builder().subnetGroupName(BRAIN).build();
    }

    private static SubnetSelection handsSubnets() {
        return SubnetSelection.builder().subnetGroupName(HANDS).build();
    }

    private Stream<ISubnet> hands() {
        return vpc.selectSubnets(handsSubnets()).getSubnets().stream();
    }

    /** Where hands start: as many zones as have endpoints. */
    List<ISubnet> handSubnets() {
        return hands().limit(parameters.handZones()).toList();
    }

    List<ISubnet> allHandSubnets() {
        return hands().toList();
    }
}
