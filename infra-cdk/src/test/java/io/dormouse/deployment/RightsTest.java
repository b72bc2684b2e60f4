package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.deployment.Synthesis.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may do what: the trust graph of the modules, once more, as IAM enforces it. */
class RightsTest {
    private static final String PRESET = "network=dualstack";

    /** A statement of a role, whichever policy it is in. */
    private record Right(String role, boolean allows, List<String> actions, JsonNode resource, JsonNode condition) {
        boolean mentions(String service) {
            return actions.stream().anyMatch(action -> action.equals("*") || action.startsWith(service + ":"));
        }
    }

    private static List<Right> rights(Synthesis templates) {
        List<Right> rights = new ArrayList<>();
        for (Resource policy : templates.all("AWS::IAM::Policy")) {
            String role = policy.zone() + "/"
                    + policy.properties()
                            .path("Roles")
                            .path(0)
                            .path("Ref")
                            .asText()
                            .replaceAll("[0-9A-F]{8}$", "");
            for (JsonNode statement : policy.properties().path("PolicyDocument").path("Statement")) {
                List<String> actions = new ArrayList<>();
                JsonNode action = statement.path("Action");
                if (action.isTextual()) actions.add(action.asText());
                else action.forEach(a -> actions.add(a.asText()));
                rights.add(new Right(
                        role,
                        statement.path("Effect").asText().equals("Allow"),
                        actions,
                        statement.path("Resource"),
                        statement.path("Condition")));
            }
        }
        // The test sees every way in which a role gets rights.
        for (Resource role : templates.all("AWS::IAM::Role"))
            assertThat(role.properties().has("Policies"))
                    .as("inline policies of %s", role)
                    .isFalse();
        assertThat(templates.all("AWS::IAM::ManagedPolicy")).isEmpty();
        assertThat(templates.all("AWS::IAM::User")).isEmpty();
        return rights;
    }

    private static Set<String> who(String parameter, Predicate<Right> allowed) {
        Set<String> roles = new TreeSet<>();
        rights(Synthesis.of(parameter)).stream()
                .filter(Right::allows)
                .filter(allowed)
                .forEach(right -> roles.add(right.role()));
        return roles;
    }

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat", "hands=none"})
    void only_the_proxy_may_touch_secrets_and_only_those_of_vaults(String parameter) {
        assertThat(who(parameter, right -> right.mentions("secretsmanager")))
                .containsExactly("proxy/Roleproxysend", "proxy/Roleproxystore");
        assertThat(rights(Synthesis.of(parameter)).stream().filter(right -> right.mentions("secretsmanager")))
                .allMatch(right -> right.resource().toString().contains(":secret:dormouse/vault/*"))
                .noneMatch(right -> right.actions().stream().anyMatch(action -> action.contains("*")));
        assertThat(who(parameter, right -> right.mentions("ssm"))).isEmpty();
        assertThat(who(parameter, right -> right.mentions("kms"))).isEmpty();
        // Nothing else is a reason for anybody else to name a secret.
        Synthesis.of(parameter).templates().forEach((zone, template) -> {
            if (!zone.equals("proxy")) assertThat(template.toString()).doesNotContain("secretsmanager");
        });
    }

    @Test
    void who_sends_cannot_make_or_end_secrets_and_who_keeps_them_cannot_send() {
        List<Right> rights = rights(Synthesis.of(PRESET));
        Right send = secrets(rights, "proxy/Roleproxysend");
        assertThat(send.actions())
                .containsExactlyInAnyOrder(
                        "secretsmanager:GetSecretValue",
                        "secretsmanager:PutSecretValue",
                        "secretsmanager:UpdateSecretVersionStage",
                        "secretsmanager:DescribeSecret");
        assertThat(who(PRESET, right -> invokes(right, "proxysend"))).containsExactly("brain/Roleharness");
        assertThat(who(PRESET, right -> invokes(right, "proxystore"))).containsExactly("edge/Roleapi");
    }

    private static Right secrets(List<Right> rights, String role) {
        return rights.stream()
                .filter(right -> right.role().equals(role) && right.mentions("secretsmanager"))
                .findFirst()
                .orElseThrow();
    }

    private static boolean invokes(Right right, String function) {
        return right.mentions("lambda") && right.resource().toString().contains(function);
    }

    @Test
    void functions_are_invoked_by_those_whom_the_design_names() {
        assertThat(who(PRESET, right -> right.mentions("lambda")))
                .containsExactly("brain/Roleharness", "brain/SchedulerRoleForTarget7253b4", "edge/Roleapi");
        // The harness is only ever invoked by its alias.
        assertThat(rights(Synthesis.of(PRESET)).stream()
                        .filter(right -> right.mentions("lambda"))
                        .map(right -> right.resource().toString())
                        .filter(resource -> !resource.contains("proxys")))
                .hasSize(3)
                .allMatch(resource -> resource.contains(":live") || resource.contains("Live"))
                .noneMatch(resource -> resource.contains("Functionharness"));
        assertThat(Synthesis.of(PRESET).all("AWS::Lambda::Permission"))
                .allMatch(permission ->
                        permission.properties().path("Principal").asText().equals("apigateway.amazonaws.com")
                                && permission.properties().has("SourceArn"));
        assertThat(Synthesis.of(PRESET).all("AWS::Lambda::Url")).isEmpty();
    }

    @Test
    void one_role_may_be_passed_to_fargate_and_by_the_harness_alone() {
        List<Right> passes = rights(Synthesis.of(PRESET)).stream()
                .filter(right -> right.mentions("iam"))
                .toList();
        assertThat(passes).singleElement().satisfies(pass -> {
            assertThat(pass.role()).isEqualTo("brain/Roleharness");
            assertThat(pass.actions()).containsExactly("iam:PassRole");
            assertThat(pass.resource().toString()).contains("Execution").doesNotContain("*");
            assertThat(pass.condition().toString()).contains("\"iam:PassedToService\":\"ecs-tasks.amazonaws.com\"");
        });
        assertThat(who("hands=none", right -> right.mentions("iam") || right.mentions("ecs")))
                .isEmpty();
    }

    @Test
    void hands_are_started_and_stopped_in_one_cluster() {
        assertThat(rights(Synthesis.of(PRESET)).stream().filter(right -> right.mentions("ecs")))
                .hasSize(4)
                .allMatch(right -> right.role().equals("brain/Roleharness"))
                .allMatch(right -> right.condition().toString().contains("ecs:cluster")
                        || right.condition().toString().contains("ecs:CreateAction"));
        assertThat(rights(Synthesis.of(PRESET)).stream()
                        .filter(right -> right.actions().contains("ecs:RunTask")))
                .singleElement()
                .satisfies(
                        right -> assertThat(right.resource().toString()).contains("task-definition/dormouse-hand:*"));
    }

    /** Nobody can give a running task another name: which spare is whose stands in the table. */
    @ParameterizedTest
    @ValueSource(strings = {PRESET, "warmPool=1"})
    void tasks_get_their_tags_at_their_start_and_never_again(String parameter) {
        assertThat(rights(Synthesis.of(parameter)).stream()
                        .filter(right -> right.actions().contains("ecs:TagResource")))
                .singleElement()
                .satisfies(right -> {
                    assertThat(right.resource().toString()).contains("task/").doesNotContain("\"*\"");
                    assertThat(right.condition().toString()).contains("\"ecs:CreateAction\":\"RunTask\"");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat", "hands=none", "model=bedrock-runtime"})
    void nobody_is_an_administrator(String parameter) {
        for (Right right : rights(Synthesis.of(parameter))) {
            if (!right.allows()) continue;
            assertThat(right.actions()).noneMatch(action -> action.contains("*"));
            if (right.resource().toString().equals("\"*\""))
                assertThat(right.actions())
                        .as("%s may do this to everything", right.role())
                        .allMatch(action -> Set.of(
                                        // Know no resource, or none that has a name before it is there.
                                        "ecr:GetAuthorizationToken",
                                        "dynamodb:ListStreams",
                                        "ecs:ListTasks",
                                        "ec2:CreateNetworkInterface",
                                        "ec2:DescribeNetworkInterfaces",
                                        "ec2:DescribeSubnets",
                                        "ec2:DeleteNetworkInterface",
                                        "ec2:AssignPrivateIpAddresses",
                                        "ec2:UnassignPrivateIpAddresses")
                                .contains(action));
        }
        List<String> managed = new ArrayList<>();
        for (Resource role : Synthesis.of(parameter).all("AWS::IAM::Role")) {
            role.properties().path("ManagedPolicyArns").forEach(policy -> managed.add(policy.toString()));
            assertThat(role.properties().path("AssumeRolePolicyDocument").toString())
                    .as("who may be %s", role)
                    .contains("\"Service\":\"")
                    .doesNotContain("\"AWS\"", "Federated");
        }
        assertThat(managed).singleElement().asString().contains("AmazonAPIGatewayPushToCloudWatchLogs");
    }

    /** Lambda uses the function's role to connect it; the program must not use it for a network of its own. */
    @Test
    void the_harness_cannot_make_interfaces_itself() {
        assertThat(rights(Synthesis.of(PRESET)).stream().filter(right -> !right.allows() && right.mentions("ec2")))
                .singleElement()
                .satisfies(right -> {
                    assertThat(right.actions()).contains("ec2:CreateNetworkInterface");
                    assertThat(right.condition().toString()).contains("lambda:SourceFunctionArn", "dormouse-harness");
                });
    }

    @Test
    void no_function_can_make_a_key() {
        List<Right> rights = rights(Synthesis.of(PRESET));
        for (Right right : rights)
            if (right.allows() && right.actions().contains("dynamodb:PutItem"))
                assertThat(rights)
                        .as("%s writes items, and none of keys", right.role())
                        .anyMatch(other -> other.role().equals(right.role())
                                && !other.allows()
                                && other.condition().toString().contains(Rights.KEYS));
        assertThat(who(PRESET, right -> right.actions().contains("dynamodb:PutItem")))
                .containsExactly("brain/Roleharness", "edge/Roleapi");
        assertThat(rights.stream()
                        .filter(right -> right.role().equals("edge/Rolekeycheck") && right.mentions("dynamodb")))
                .singleElement()
                .satisfies(right -> {
                    assertThat(right.actions()).containsExactly("dynamodb:GetItem");
                    assertThat(right.condition().toString()).contains(Rights.KEYS);
                });
    }

    @Test
    void only_the_border_reads_keys() {
        List<Right> rights = rights(Synthesis.of(PRESET));
        List<String> kept = rights.stream()
                .filter(right -> !right.allows() && right.actions().contains("dynamodb:*"))
                .filter(right -> right.condition().toString().contains(Rights.KEYS))
                .map(Right::role)
                .toList();
        assertThat(who(PRESET, right -> right.actions().contains("dynamodb:GetItem")))
                .filteredOn(role -> !kept.contains(role))
                .containsExactly("edge/Roleapi", "edge/Rolekeycheck");
    }

    @Test
    void only_the_harness_asks_models() {
        for (String parameter : List.of(PRESET, "model=bedrock-runtime"))
            assertThat(who(parameter, right -> right.mentions("bedrock") || right.mentions("bedrock-mantle")))
                    .containsExactly("brain/Roleharness");
    }

    @Test
    void workspaces_of_hands_are_the_harness_s_alone() {
        String everything = "\"/*\"";
        List<Right> rights = rights(Synthesis.of(PRESET));
        Set<String> may = who(
                PRESET,
                right -> right.mentions("s3")
                        && right.actions().contains("s3:GetObject")
                        && (right.resource().toString().contains(everything)
                                || right.resource().toString().contains("/hands/")));
        assertThat(may).contains("brain/Roleharness");
        may.remove("brain/Roleharness");
        assertThat(may).allMatch(role -> rights.stream()
                .anyMatch(right -> right.role().equals(role)
                        && !right.allows()
                        && right.actions().containsAll(List.of("s3:GetObject", "s3:PutObject", "s3:DeleteObject"))
                        && right.resource().toString().contains("/hands/*")));
    }

    @Test
    void the_proxy_writes_no_items_but_when_tokens_expire_and_no_objects_but_bodies_that_it_hands_over() {
        List<Right> proxy = rights(Synthesis.of(PRESET)).stream()
                .filter(right -> right.role().startsWith("proxy/"))
                .toList();
        assertThat(proxy.stream().filter(right -> right.actions().stream()
                        .anyMatch(action -> action.matches("dynamodb:(Put|Update|Delete|BatchWrite).*"))))
                .hasSize(2)
                .allMatch(right -> right.actions().equals(List.of("dynamodb:UpdateItem")))
                .allMatch(right -> right.condition().toString().contains("\"W#*#vault_credential\"")
                        && !right.condition().toString().contains("T#"));
        assertThat(proxy.stream().filter(right -> right.actions().stream()
                        .anyMatch(action -> action.matches("s3:(Put|Delete|Abort).*"))))
                .singleElement()
                .satisfies(right -> {
                    assertThat(right.role()).isEqualTo("proxy/Roleproxysend");
                    assertThat(right.resource().toString()).contains("/exchange/*");
                });
    }
}
