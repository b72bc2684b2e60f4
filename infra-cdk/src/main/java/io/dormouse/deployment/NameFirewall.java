package io.dormouse.deployment;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import software.amazon.awscdk.Fn;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.route53resolver.CfnFirewallDomainList;
import software.amazon.awscdk.services.route53resolver.CfnFirewallRuleGroup;
import software.amazon.awscdk.services.route53resolver.CfnFirewallRuleGroup.FirewallRuleProperty;
import software.amazon.awscdk.services.route53resolver.CfnFirewallRuleGroupAssociation;

/**
 * Which names the network resolves: those that the deployment uses, one by one. Security groups do not govern the
 * resolver of a network, and a question for {@code <data>.attacker.example} is a way out.
 */
final class NameFirewall {
    private NameFirewall() {}

    static void close(Stack stack, Vpc network, Parameters parameters, DataZone data) {
        CfnFirewallDomainList known = CfnFirewallDomainList.Builder.create(stack, "KnownNames")
                .domains(names(stack, parameters, data))
                .build();
        CfnFirewallDomainList all = CfnFirewallDomainList.Builder.create(stack, "AllNames")
                .domains(List.of("*"))
                .build();
        CfnFirewallRuleGroup rules = CfnFirewallRuleGroup.Builder.create(stack, "Names")
                .firewallRules(List.of(
                        FirewallRuleProperty.builder()
                                .priority(100)
                                .action("ALLOW")
                                .firewallDomainListId(known.getAttrId())
                                // A known name may be another name of what answers.
                                .firewallDomainRedirectionAction("TRUST_REDIRECTION_DOMAIN")
                                .build(),
                        FirewallRuleProperty.builder()
                                .priority(200)
                                .action("BLOCK")
                                .blockResponse("NXDOMAIN")
                                .firewallDomainListId(all.getAttrId())
                                .build()))
                .build();
        CfnFirewallRuleGroupAssociation.Builder.create(stack, "NamesOfTheNetwork")
                .firewallRuleGroupId(rules.getAttrId())
                .vpcId(network.getVpcId())
                .priority(101)
                .build();
    }

    private static List<String> names(Stack stack, Parameters parameters, DataZone data) {
        String services =
                switch (parameters.network()) {
                    case DUALSTACK -> "api.aws";
                    case NAT -> "amazonaws.com";
                };
        List<String> names = new ArrayList<>(List.of(
                regional(stack, "dynamodb", "amazonaws.com"),
                // Some regions of the table's service give each account a name of its own.
                Fn.join("", List.of(stack.getAccount(), ".ddb.", stack.getRegion(), ".amazonaws.com")),
                data.bucket().getBucketRegionalDomainName(),
                regional(stack, "lambda", services),
                regional(stack, "ecs", services)));
        modelHost(stack, parameters.model()).ifPresent(names::add);
        if (parameters.hands() == Parameters.Hands.SEALED) {
            names.add(regional(stack, "api.ecr", "amazonaws.com"));
            names.add(Fn.join(
                    "", List.of(registry(stack, parameters), ".dkr.ecr.", stack.getRegion(), ".amazonaws.com")));
            names.add(Fn.join("", List.of(layers(stack), ".s3.", stack.getRegion(), ".amazonaws.com")));
        }
        return names;
    }

    private static Optional<String> modelHost(Stack stack, Parameters.Model model) {
        return Optional.of(
                switch (model) {
                    case Parameters.Model.BedrockMantle m -> regional(stack, "bedrock-mantle", "api.aws");
                    case Parameters.Model.BedrockRuntime r -> regional(stack, "bedrock-runtime", "amazonaws.com");
                    case Parameters.Model.At at -> at.host();
                });
    }

    static String regional(Stack stack, String service, String domain) {
        return Fn.join("", List.of(service, ".", stack.getRegion(), ".", domain));
    }

    /** Where ECR keeps the layers of images. */
    static String layers(Stack stack) {
        return Fn.join("", List.of("prod-", stack.getRegion(), "-starport-layer-bucket"));
    }

    private static String registry(Stack stack, Parameters parameters) {
        return parameters.sandboxImage().map(image -> image.substring(0, 12)).orElse(stack.getAccount());
    }
}
