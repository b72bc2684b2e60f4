package io.dormouse.deployment;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.ArnComponents;
import software.amazon.awscdk.ArnFormat;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.logs.LogGroup;
import software.constructs.Construct;

/**
 * The credential proxy, outside of the network: plain internet without cost, and no way to the hands. One program, two
 * functions, so that IAM tells the callers apart and each has the rights of what it does: {@code send} uses secrets and is
 * the harness's, {@code store} keeps and ends them and is the API's.
 */
final class ProxyZone extends Stack {
    private final Function send;
    private final Function store;

    ProxyZone(Construct app, StackProps props, Parameters parameters, Artifacts artifacts, DataZone data) {
        super(app, "proxy", props);
        Functions functions = new Functions(this, parameters);
        Code code = artifacts.function("credential-proxy");
        // Refreshing an OAuth token is a new version of the same secret, and the label of the current one moves to it.
        send = function(
                functions,
                "send",
                code,
                data,
                parameters,
                List.of(
                        "secretsmanager:GetSecretValue",
                        "secretsmanager:PutSecretValue",
                        "secretsmanager:UpdateSecretVersionStage",
                        "secretsmanager:DescribeSecret"),
                Rights.toHandOver(data));
        store = function(
                functions,
                "store",
                code,
                data,
                parameters,
                List.of(
                        "secretsmanager:CreateSecret",
                        "secretsmanager:TagResource",
                        "secretsmanager:DescribeSecret",
                        "secretsmanager:GetSecretValue",
                        "secretsmanager:PutSecretValue",
                        "secretsmanager:UpdateSecretVersionStage",
                        "secretsmanager:DeleteSecret"),
                List.of());
    }

    private Function function(
            Functions functions,
            String operation,
            Code code,
            DataZone data,
            Parameters parameters,
            List<String> secretActions,
            List<PolicyStatement> more) {
        String what = "proxy-" + operation;
        Role role = functions.role(what, Rights.toLookUp(data));
        role.addToPolicy(Rights.neverTouchKeys(data));
        more.forEach(role::addToPolicy);
        role.addToPolicy(Rights.allow("Secrets", secretActions, List.of(secrets(this, parameters))));
        LogGroup logs = functions.logs(what);
        return functions
                .java(
                        what,
                        role,
                        logs,
                        code,
                        Map.of(
                                "DORMOUSE_PROXY_OPERATION", operation,
                                "DORMOUSE_SECRETS", prefix(parameters),
                                "DORMOUSE_TABLE", data.table().getTableName(),
                                "DORMOUSE_BUCKET", data.bucket().getBucketName(),
                                // It has a loop of its own on the Runtime API: AWS's cannot stream.
                                "AWS_LAMBDA_EXEC_WRAPPER", "/var/task/start.sh"))
                .memorySize(512)
                .build();
    }

    /** How the names of secrets begin: {@code <deployment>/vault/<workspace>/<vault>}. */
    static String prefix(Parameters parameters) {
        return parameters.name() + "/vault/";
    }

    private static String secrets(Stack stack, Parameters parameters) {
        return stack.formatArn(ArnComponents.builder()
                .service("secretsmanager")
                .resource("secret")
                .resourceName(prefix(parameters) + "*")
                .arnFormat(ArnFormat.COLON_RESOURCE_NAME)
                .build());
    }

    Function send() {
        return send;
    }

    Function store() {
        return store;
    }
}
