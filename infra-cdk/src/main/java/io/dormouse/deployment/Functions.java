package io.dormouse.deployment;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.lambda.Architecture;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.logs.LogGroup;
import software.amazon.awscdk.services.logs.RetentionDays;

/** How functions are made: a role of their own that can write their own log and nothing else, and a log that ends. */
final class Functions {
    /** Where a function's zip is an application of Quarkus for Lambda. */
    static final String QUARKUS = "io.quarkus.amazon.lambda.runtime.QuarkusStreamHandler::handleRequest";

    /** The longest that Lambda knows. A turn hands over before it ends. */
    static final Duration LONGEST = Duration.minutes(15);

    private final Stack stack;
    private final Parameters parameters;

    Functions(Stack stack, Parameters parameters) {
        this.stack = stack;
        this.parameters = parameters;
    }

    /** What a function is called; others may name it so without having seen its stack. */
    static String name(Parameters parameters, String what) {
        return parameters.name() + "-" + what;
    }

    /** Its role, before the function: nobody else gets it. */
    Role role(String what, List<PolicyStatement> rights) {
        Role role = Role.Builder.create(stack, "Role-" + what)
                .assumedBy(new ServicePrincipal("lambda.amazonaws.com"))
                .description("Dormouse " + parameters.name() + ": what " + what + " may do")
                .build();
        rights.forEach(role::addToPolicy);
        return role;
    }

    LogGroup logs(String what) {
        return logGroup(stack, "Log-" + what, parameters);
    }

    static LogGroup logGroup(Stack stack, String id, Parameters parameters) {
        return LogGroup.Builder.create(stack, id)
                .retention(retention(parameters.logDays()))
                .removalPolicy(RemovalPolicy.DESTROY)
                .build();
    }

    static RetentionDays retention(int days) {
        return switch (days) {
            case 1 -> RetentionDays.ONE_DAY;
            case 3 -> RetentionDays.THREE_DAYS;
            case 5 -> RetentionDays.FIVE_DAYS;
            case 7 -> RetentionDays.ONE_WEEK;
            case 14 -> RetentionDays.TWO_WEEKS;
            case 30 -> RetentionDays.ONE_MONTH;
            case 60 -> RetentionDays.TWO_MONTHS;
            case 90 -> RetentionDays.THREE_MONTHS;
            case 120 -> RetentionDays.FOUR_MONTHS;
            case 150 -> RetentionDays.FIVE_MONTHS;
            case 180 -> RetentionDays.SIX_MONTHS;
            case 365 -> RetentionDays.ONE_YEAR;
            default -> throw new IllegalArgumentException("CloudWatch cannot keep logs for " + days + " days");
        };
    }

    /** One that runs Java. What is missing is the caller's to add: handler, timeout, memory. */
    Function.Builder java(String what, Role role, LogGroup logs, Code code, Map<String, String> environment) {
        // The runtime creates no group: it has one.
        role.addToPolicy(Rights.allow(
                "Log", List.of("logs:CreateLogStream", "logs:PutLogEvents"), List.of(logs.getLogGroupArn())));
        Explained.because(
                role,
                "AwsSolutions-IAM5",
                "The streams of one log group, the items of one table or bucket, and no more.");
        return Function.Builder.create(stack, "Function-" + what)
                .functionName(name(parameters, what))
                .runtime(Runtime.JAVA_25)
                .architecture(Architecture.X86_64)
                .handler(QUARKUS)
                .timeout(LONGEST)
                .code(code)
                .role(role)
                .logGroup(logs)
                .environment(new HashMap<>(environment));
    }
}
