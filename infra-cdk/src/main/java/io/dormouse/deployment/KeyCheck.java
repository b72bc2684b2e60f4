package io.dormouse.deployment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.apigateway.CfnAuthorizer;
import software.amazon.awscdk.services.apigateway.IAuthorizer;
import software.amazon.awscdk.services.apigateway.RequestAuthorizer;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.lambda.Architecture;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.logs.LogGroup;

/**
 * Who gets as far as the API: whoever has a key whose checksum is right and whose hash is in the table. The API checks
 * again, and tells the workspace; this one keeps strangers from starting it, and its answer is not kept, so that a revoked
 * key ends at once. A small program in Python, because it has to start within a request.
 */
final class KeyCheck {
    private final RequestAuthorizer authorizer;
    private final String planKey;

    KeyCheck(Stack stack, Functions functions, Parameters parameters, DataZone data) {
        planKey = parameters.name() + "-every-caller-with-a-right-key";
        LogGroup logs = functions.logs("key-check");
        Role role = functions.role(
                "key-check",
                List.of(
                        Rights.toCheckKeys(data),
                        Rights.allow(
                                "Log",
                                List.of("logs:CreateLogStream", "logs:PutLogEvents"),
                                List.of(logs.getLogGroupArn()))));
        Explained.because(role, "AwsSolutions-IAM5", "The streams of one log group.");
        Function check = Function.Builder.create(stack, "Function-key-check")
                .functionName(Functions.name(parameters, "key-check"))
                .runtime(Runtime.PYTHON_3_14)
                .architecture(Architecture.X86_64)
                .handler("index.check")
                .code(Code.fromInline(source()))
                .memorySize(256)
                .timeout(Duration.seconds(10))
                .role(role)
                .logGroup(logs)
                .environment(Map.of("DORMOUSE_TABLE", data.table().getTableName(), "DORMOUSE_PLAN_KEY", planKey))
                .build();
        authorizer = RequestAuthorizer.Builder.create(stack, "KeyCheck")
                .handler(check)
                .identitySources(List.of())
                .resultsCacheTtl(Duration.seconds(0))
                .build();
        // Two headers can hold the key. API Gateway would ask for both.
        ((CfnAuthorizer) authorizer.getNode().getDefaultChild()).addPropertyDeletionOverride("IdentitySource");
    }

    /** The program's text. */
    static String source() {
        try (InputStream text = KeyCheck.class.getResourceAsStream("key_check.py")) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    IAuthorizer authorizer() {
        return authorizer;
    }

    /** By which API Gateway finds the usage plan of a caller that was let in. */
    String planKey() {
        return planKey;
    }
}
