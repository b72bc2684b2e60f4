package io.dormouse.deployment;

import io.github.cdklabs.cdknag.NagPackSuppression;
import io.github.cdklabs.cdknag.NagSuppressions;
import java.util.List;
import software.constructs.IConstruct;

/** Why something is as it is, although a rule of cdk-nag would have it otherwise. The reason is in the template, too. */
final class Explained {
    private Explained() {}

    /** Also of everything inside of the construct. */
    static void because(IConstruct construct, String rule, String reason) {
        NagSuppressions.addResourceSuppressions(
                construct,
                List.of(NagPackSuppression.builder().id(rule).reason(reason).build()),
                true);
    }
}
