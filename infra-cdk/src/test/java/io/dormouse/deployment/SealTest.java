package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.deployment.Synthesis.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sandbox can reach, and be: its image, and nothing. */
class SealTest {
    private static final String PRESET = "network=dualstack";

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat"})
    void a_task_has_no_role_no_secret_and_no_log_driver(String parameter) {
        Resource task = Synthesis.of(parameter).one("AWS::ECS::TaskDefinition", "Hand");
        assertThat(task.properties().has("TaskRoleArn")).isFalse();
        assertThat(task.properties().path("RequiresCompatibilities").toString()).isEqualTo("[\"FARGATE\"]");
        JsonNode container = task.properties().path("ContainerDefinitions").path(0);
        assertThat(container.has("Secrets")).isFalse();
        assertThat(container.has("LogConfiguration")).isFalse();
        assertThat(container.path("Environment").toString())
                .contains("{\"Name\":\"DORMOUSE_LISTEN\",\"Value\":\"0.0.0.0:7070\"}")
                .contains("{\"Name\":\"DORMOUSE_EGRESS_LISTEN\",\"Value\":\"0.0.0.0:7071\"}");
        // Of the gigabyte that a task has by default.
        assertThat(container.path("Environment").toString())
                .contains("{\"Name\":\"DORMOUSE_LIMIT_MEMORY_BYTES\",\"Value\":\"738197504\"}");
        // Well after the sweep that saves and stops it.
        assertThat(container.path("Environment").toString())
                .contains("{\"Name\":\"DORMOUSE_IDLE_EXIT_SECONDS\",\"Value\":\"8100\"}");
        assertThat(container.path("Environment")).hasSize(4);
        // Nobody may assume a role of tasks but Fargate, for the pull.
        assertThat(Synthesis.of(parameter).all("AWS::IAM::Role").stream()
                        .filter(role -> role.properties().toString().contains("ecs-tasks"))
                        .map(Resource::id))
                .singleElement()
                .asString()
                .startsWith("Execution");
    }

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat"})
    void the_security_group_of_hands_lets_out_to_the_image_only(String parameter) {
        Synthesis templates = Synthesis.of(parameter);
        Resource seal = templates.one("AWS::EC2::SecurityGroup", "HandsSeal");
        JsonNode out = seal.properties().path("SecurityGroupEgress");
        // In the group itself: one without rules would be given one that allows everything.
        assertThat(out.size()).isEqualTo(2);
        for (JsonNode rule : out) {
            assertThat(rule.path("IpProtocol").asText()).isEqualTo("tcp");
            assertThat(rule.path("FromPort").asInt()).isEqualTo(443);
            assertThat(rule.path("ToPort").asInt()).isEqualTo(443);
            assertThat(rule.has("CidrIp") || rule.has("CidrIpv6")).isFalse();
        }
        assertThat(out.path(0).path("DestinationSecurityGroupId").toString()).contains("ImageEndpoints");
        assertThat(out.path(1).path("DestinationPrefixListId").toString()).contains("S3PrefixLists");
        assertThat(templates.all("AWS::EC2::SecurityGroupEgress"))
                .noneMatch(rule -> rule.properties().path("GroupId").toString().contains("HandsSeal"));
    }

    @Test
    void only_the_harness_reaches_a_hand() {
        List<String> in = new ArrayList<>();
        for (Resource rule : Synthesis.of(PRESET).all("AWS::EC2::SecurityGroupIngress"))
            if (rule.properties().path("GroupId").toString().contains("HandsSeal")) {
                in.add(rule.properties().path("SourceSecurityGroupId").toString());
                assertThat(rule.properties().path("FromPort").asInt()).isEqualTo(7070);
                assertThat(rule.properties().path("ToPort").asInt()).isEqualTo(7071);
            }
        assertThat(in).singleElement().asString().contains("Brain");
        assertThat(Synthesis.of(PRESET)
                        .one("AWS::EC2::SecurityGroup", "HandsSeal")
                        .properties()
                        .has("SecurityGroupIngress"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat"})
    void subnets_of_hands_have_no_route_and_no_ipv6(String parameter) {
        Synthesis templates = Synthesis.of(parameter);
        List<Resource> subnets = templates.all("AWS::EC2::Subnet").stream()
                .filter(subnet -> subnet.id().startsWith("Networkhands"))
                .toList();
        assertThat(subnets).hasSize(2);
        for (Resource subnet : subnets) {
            assertThat(subnet.properties().has("Ipv6CidrBlock")).isFalse();
            assertThat(subnet.properties().has("AssignIpv6AddressOnCreation")).isFalse();
            assertThat(subnet.properties().path("MapPublicIpOnLaunch").asBoolean())
                    .isFalse();
        }
        assertThat(templates.all("AWS::EC2::Route"))
                .isNotEmpty()
                .noneMatch(route ->
                        route.properties().path("RouteTableId").toString().contains("Networkhands"));
    }

    @Test
    void without_nat_nothing_connects_the_network_to_the_internet_but_the_way_out_over_ipv6() {
        Synthesis templates = Synthesis.of(PRESET);
        assertThat(templates.all("AWS::EC2::InternetGateway")).isEmpty();
        assertThat(templates.all("AWS::EC2::VPCGatewayAttachment")).isEmpty();
        assertThat(templates.all("AWS::EC2::NatGateway")).isEmpty();
        assertThat(templates.all("AWS::EC2::EgressOnlyInternetGateway")).hasSize(1);
        assertThat(templates.all("AWS::EC2::Route"))
                .allMatch(route -> route.properties().has("EgressOnlyInternetGatewayId"));
        assertThat(templates.templates().get("hands").toString()).doesNotContain("VPCGW", "NetworkIGW");
    }

    /** An endpoint is a way out for whoever brings credentials of another account. */
    @Test
    void endpoints_let_through_what_they_are_for() {
        Synthesis templates = Synthesis.of(PRESET);
        Map<String, Resource> endpoints = new java.util.TreeMap<>();
        templates
                .all("AWS::EC2::VPCEndpoint")
                .forEach(endpoint -> endpoints.put(endpoint.id().replaceAll("[0-9A-F]{8}$", ""), endpoint));
        assertThat(endpoints.keySet())
                .containsExactly("BucketGateway", "LayersGateway", "Registry", "RegistryDocker", "TableGateway");
        for (String name : List.of("Registry", "RegistryDocker"))
            for (JsonNode statement : statements(endpoints.get(name))) {
                assertThat(statement.path("Condition").toString()).contains("aws:PrincipalArn", "Execution");
                assertThat(statement.path("Action").toString()).doesNotContain("*", "Put", "Upload");
            }
        for (String name : List.of("BucketGateway", "TableGateway")) {
            assertThat(statements(endpoints.get(name)))
                    .allMatch(s -> s.path("Condition").toString().contains("aws:PrincipalAccount"));
            assertThat(endpoints.get(name).properties().path("RouteTableIds").toString())
                    .contains("Networkbrain")
                    .doesNotContain("Networkhands");
        }
        Resource layers = endpoints.get("LayersGateway");
        assertThat(layers.properties().path("RouteTableIds").toString()).doesNotContain("Networkbrain");
        assertThat(statements(layers)).singleElement().satisfies(statement -> {
            assertThat(statement.path("Action").asText()).isEqualTo("s3:GetObject");
            assertThat(statement.path("Resource").toString()).contains("-starport-layer-bucket/*");
        });
    }

    private static List<JsonNode> statements(Resource endpoint) {
        JsonNode statements = endpoint.properties().path("PolicyDocument").path("Statement");
        assertThat(statements.size()).isPositive();
        return StreamSupport.stream(statements.spliterator(), false).toList();
    }

    /** EC2 refuses a group, and with it the deployment, for an apostrophe. */
    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat", "hands=none", "model=bedrock-runtime"})
    void descriptions_of_groups_have_the_letters_that_ec2_allows(String parameter) {
        for (Resource resource : Synthesis.of(parameter).resources())
            if (resource.type().startsWith("AWS::EC2::SecurityGroup")) {
                List<JsonNode> texts = new ArrayList<>(resource.properties().findValues("Description"));
                texts.addAll(resource.properties().findValues("GroupDescription"));
                assertThat(texts).isNotEmpty();
                for (JsonNode text : texts)
                    assertThat(text.asText()).hasSizeLessThan(256).matches("[a-zA-Z0-9 ._:/()#,@\\[\\]+=&;{}!$*-]*");
            }
    }

    private static List<String> known(Synthesis templates) {
        List<String> names = new ArrayList<>();
        templates
                .one("AWS::Route53Resolver::FirewallDomainList", "KnownNames")
                .properties()
                .path("Domains")
                .forEach(name -> names.add(name.isTextual() ? name.asText() : "the bucket"));
        return names;
    }

    /** Where the SDK would ask for another name than those, the harness is told which. */
    @Test
    void the_harness_asks_for_names_that_the_network_resolves() {
        for (String network : List.of("network=dualstack", "network=nat")) {
            Synthesis templates = Synthesis.in(Synthesis.SOMEWHERE, network);
            JsonNode told = templates
                    .one("AWS::Lambda::Function", "Functionharness")
                    .properties()
                    .at("/Environment/Variables");
            for (String service : List.of("lambda", "ecs")) {
                String address = told.path("AWS_ENDPOINT_URL_" + service.toUpperCase(Locale.ROOT))
                        .asText("https://" + service + ".eu-west-1.amazonaws.com");
                assertThat(known(templates)).as(network).contains(address.substring("https://".length()));
            }
            assertThat(told.path("DORMOUSE_MODEL_URL").asText())
                    .startsWith("https://bedrock-mantle.eu-west-1.api.aws/");
            // In us-east-1 the SDK's name of a bucket is one of all regions, and the list has the region's own.
            assertThat(told.path("AWS_S3_US_EAST_1_REGIONAL_ENDPOINT").asText()).isEqualTo("regional");
        }
        JsonNode bucket = Synthesis.in(Synthesis.SOMEWHERE)
                .one("AWS::Route53Resolver::FirewallDomainList", "KnownNames")
                .properties()
                .path("Domains")
                .path(2);
        assertThat(bucket.toString()).contains("RegionalDomainName");
    }

    @Test
    void the_network_resolves_the_names_that_it_needs_and_no_other() {
        Synthesis templates = Synthesis.in(Synthesis.SOMEWHERE);
        assertThat(known(templates))
                .containsExactly(
                        "dynamodb.eu-west-1.amazonaws.com",
                        "111122223333.ddb.eu-west-1.amazonaws.com",
                        "the bucket",
                        "lambda.eu-west-1.api.aws",
                        "ecs.eu-west-1.api.aws",
                        "bedrock-mantle.eu-west-1.api.aws",
                        "api.ecr.eu-west-1.amazonaws.com",
                        "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
                        "prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com");
        JsonNode rules = templates
                .one("AWS::Route53Resolver::FirewallRuleGroup", "Names")
                .properties()
                .path("FirewallRules");
        assertThat(rules.path(0).path("Action").asText()).isEqualTo("ALLOW");
        assertThat(rules.path(1).path("Action").asText()).isEqualTo("BLOCK");
        assertThat(rules.path(1).path("FirewallDomainListId").toString()).contains("AllNames");
        assertThat(rules.path(0).path("Priority").asInt())
                .isLessThan(rules.path(1).path("Priority").asInt());
        assertThat(templates.all("AWS::Route53Resolver::FirewallRuleGroupAssociation"))
                .hasSize(1);
    }
}
