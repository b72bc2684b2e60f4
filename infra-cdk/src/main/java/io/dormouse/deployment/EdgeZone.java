package io.dormouse.deployment;

import static java.util.Map.entry;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Fn;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.apigateway.AccessLogFormat;
import software.amazon.awscdk.services.apigateway.ApiKeyOptions;
import software.amazon.awscdk.services.apigateway.ApiKeySourceType;
import software.amazon.awscdk.services.apigateway.AuthorizationType;
import software.amazon.awscdk.services.apigateway.EndpointConfiguration;
import software.amazon.awscdk.services.apigateway.EndpointType;
import software.amazon.awscdk.services.apigateway.IApiKey;
import software.amazon.awscdk.services.apigateway.LambdaIntegration;
import software.amazon.awscdk.services.apigateway.LogGroupLogDestination;
import software.amazon.awscdk.services.apigateway.MethodLoggingLevel;
import software.amazon.awscdk.services.apigateway.MethodOptions;
import software.amazon.awscdk.services.apigateway.ResponseTransferMode;
import software.amazon.awscdk.services.apigateway.RestApi;
import software.amazon.awscdk.services.apigateway.StageOptions;
import software.amazon.awscdk.services.apigateway.ThrottleSettings;
import software.amazon.awscdk.services.apigateway.UsagePlan;
import software.amazon.awscdk.services.apigateway.UsagePlanPerApiStage;
import software.amazon.awscdk.services.apigateway.UsagePlanProps;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.LayerVersion;
import software.amazon.awscdk.services.logs.LogGroup;
import software.constructs.Construct;

/** The API: a REST API that streams, in front of a plain HTTP server in a function. No route of it is open to everybody. */
final class EdgeZone extends Stack {
    private static final String STAGE = "api";

    /** AWS's own adapter, of the account and in the version that its documentation names (November 2026). */
    private static final String ADAPTER = "753240598075:layer:LambdaAdapterLayerX86:26";

    private static final int SERVER_PORT = 8080;
    /** A stream ends before the function would be killed, which counts as an error. */
    private static final int STREAM_SECONDS = 14 * 60;

    EdgeZone(
            Construct app,
            StackProps props,
            Parameters parameters,
            Artifacts artifacts,
            DataZone data,
            ProxyZone proxy,
            BrainZone brain) {
        super(app, "edge", props);
        Functions functions = new Functions(this, parameters);
        Function server = server(functions, parameters, artifacts, data, proxy, brain);
        KeyCheck check = new KeyCheck(this, functions, parameters, data);
        RestApi api = api(parameters);
        MethodOptions closed = MethodOptions.builder()
                .authorizationType(AuthorizationType.CUSTOM)
                .authorizer(check.authorizer())
                .apiKeyRequired(true)
                .build();
        // Below /v1, so that the root has no method of its own.
        api.getRoot()
                .addResource("v1")
                .addResource("{proxy+}")
                .addMethod(
                        "ANY",
                        LambdaIntegration.Builder.create(server)
                                .proxy(true)
                                .allowTestInvoke(false)
                                .responseTransferMode(ResponseTransferMode.STREAM)
                                .timeout(Functions.LONGEST)
                                .build(),
                        closed);
        plan(api, parameters, check);
        explain(api);
        WireErrors.speak(api);
        Watch watch = new Watch(this, parameters, data);
        watch.over(data, proxy, brain, server, api);
        outputs(api, data);
    }

    private Function server(
            Functions functions,
            Parameters parameters,
            Artifacts artifacts,
            DataZone data,
            ProxyZone proxy,
            BrainZone brain) {
        Role role = functions.role("api", Rights.toWork(data));
        role.addToPolicy(Rights.neverWriteKeys(data));
        role.addToPolicy(Rights.neverTouchWorkspaces(data));
        role.addToPolicy(Rights.allow(
                "Wake", List.of("lambda:InvokeFunction"), List.of(brain.live().getFunctionArn())));
        role.addToPolicy(Rights.allow(
                "KeepSecrets",
                List.of("lambda:InvokeFunction"),
                List.of(proxy.store().getFunctionArn())));
        String layer = parameters
                .adapterLayer()
                .orElse(Fn.join(":", List.of("arn", getPartition(), "lambda", getRegion(), ADAPTER)));
        return functions
                .java(
                        "api",
                        role,
                        functions.logs("api"),
                        artifacts.function("api"),
                        Map.ofEntries(
                                entry("DORMOUSE_TABLE", data.table().getTableName()),
                                entry("DORMOUSE_BUCKET", data.bucket().getBucketName()),
                                entry("DORMOUSE_HARNESS", brain.live().getFunctionName()),
                                entry("DORMOUSE_PROXY", proxy.store().getFunctionName()),
                                entry("DORMOUSE_STREAM_SECONDS", Integer.toString(STREAM_SECONDS)),
                                entry("DORMOUSE_STREAM_REST_SECONDS", Integer.toString(parameters.streamRestSeconds())),
                                entry("AWS_LAMBDA_EXEC_WRAPPER", "/opt/bootstrap"),
                                entry("AWS_LWA_INVOKE_MODE", "response_stream"),
                                entry("AWS_LWA_PORT", Integer.toString(SERVER_PORT)),
                                entry("AWS_LWA_READINESS_CHECK_PATH", "/health"),
                                entry("DORMOUSE_PORT", Integer.toString(SERVER_PORT))))
                .handler("run.sh")
                .layers(List.of(LayerVersion.fromLayerVersionArn(this, "Adapter", layer)))
                .memorySize(parameters.apiMemoryMegabytes())
                .build();
    }

    private RestApi api(Parameters parameters) {
        LogGroup access = Functions.logGroup(this, "Access", parameters);
        RestApi api = RestApi.Builder.create(this, "Api")
                .restApiName(parameters.name())
                .description("Dormouse " + parameters.name())
                // An edge-optimized one ends streams that are silent for 30 seconds.
                .endpointConfiguration(EndpointConfiguration.builder()
                        .types(List.of(EndpointType.REGIONAL))
                        .build())
                // The plan is of the caller that the key check names; the x-api-key header is our own.
                .apiKeySourceType(ApiKeySourceType.AUTHORIZER)
                // Bodies that are not text.
                .binaryMediaTypes(List.of("multipart/form-data", "application/octet-stream"))
                .cloudWatchRole(true)
                .cloudWatchRoleRemovalPolicy(RemovalPolicy.RETAIN)
                .deployOptions(StageOptions.builder()
                        .stageName(STAGE)
                        .throttlingRateLimit(2 * parameters.requestsPerSecond())
                        .throttlingBurstLimit(4 * parameters.requestsPerSecond())
                        .accessLogDestination(new LogGroupLogDestination(access))
                        .accessLogFormat(AccessLogFormat.custom(ACCESS))
                        .loggingLevel(MethodLoggingLevel.ERROR)
                        // Bodies and headers are not logged: they hold what people say, and keys.
                        .dataTraceEnabled(false)
                        .metricsEnabled(false)
                        .build())
                .build();
        // Of two outputs that say the same, the one with a description stays.
        api.getNode().tryRemoveChild("Endpoint");
        // API Gateway would make it itself, and keep it for ever.
        LogGroup errors = LogGroup.Builder.create(this, "Errors")
                .logGroupName(Fn.join("", List.of("API-Gateway-Execution-Logs_", api.getRestApiId(), "/" + STAGE)))
                .retention(Functions.retention(parameters.logDays()))
                .removalPolicy(RemovalPolicy.DESTROY)
                .build();
        api.getDeploymentStage().getNode().addDependency(errors);
        return api;
    }

    private static void explain(RestApi api) {
        Explained.because(
                api,
                "AwsSolutions-IAM4",
                "API Gateway writes logs by one role for all APIs of an account and region; AWS's policy for it is meant.");
        Explained.because(
                api,
                "AwsSolutions-APIG2",
                "The API checks requests itself, field by field, and says what is wrong in the wire's own errors.");
        Explained.because(
                api,
                "AwsSolutions-APIG3",
                "A firewall for web applications costs $5 a month while nothing happens. Whoever wants one attaches it to"
                        + " the stage.");
        Explained.because(
                api,
                "AwsSolutions-COG4",
                "Callers have API keys, checked by the authorizer and again by the API; no users.");
    }

    /** Who, what, how it went. The caller by the public part of the key. */
    private static final String ACCESS = """
            {"requestId":"$context.requestId","time":"$context.requestTime","ip":"$context.identity.sourceIp",\
            "key":"$context.authorizer.principalId","method":"$context.httpMethod","path":"$context.path",\
            "status":"$context.status","bytes":"$context.responseLength","milliseconds":"$context.responseLatency",\
            "error":"$context.error.responseType","agent":"$context.identity.userAgent"}""";

    /** One plan and one key of API Gateway's for all callers together. Whoever has a right key is given it by the check. */
    private static void plan(RestApi api, Parameters parameters, KeyCheck check) {
        IApiKey everybody = api.addApiKey(
                "Everybody",
                ApiKeyOptions.builder()
                        .apiKeyName(parameters.name() + "-everybody")
                        .description("Not a secret, and of no use to a caller: the key check attaches it")
                        .value(check.planKey())
                        .build());
        UsagePlan plan = api.addUsagePlan(
                "Plan",
                UsagePlanProps.builder()
                        .name(parameters.name())
                        .throttle(ThrottleSettings.builder()
                                .rateLimit(parameters.requestsPerSecond())
                                .burstLimit(2 * parameters.requestsPerSecond())
                                .build())
                        .apiStages(List.of(UsagePlanPerApiStage.builder()
                                .api(api)
                                .stage(api.getDeploymentStage())
                                .build()))
                        .build());
        plan.addApiKey(everybody);
    }

    private void outputs(RestApi api, DataZone data) {
        output(
                "Address",
                "ANTHROPIC_BASE_URL for the official SDKs and the CLI",
                Fn.join(
                        "",
                        List.of(
                                "https://",
                                api.getRestApiId(),
                                ".execute-api.",
                                getRegion(),
                                ".",
                                getUrlSuffix(),
                                "/" + STAGE)));
        output(
                "FirstKey",
                "run this, as somebody who may write to the table; it prints the key",
                Fn.join(
                        "",
                        List.of(
                                "AWS_REGION=",
                                getRegion(),
                                " DORMOUSE_STORE=dynamodb DORMOUSE_TABLE=",
                                data.table().getTableName(),
                                " DORMOUSE_BUCKET=",
                                data.bucket().getBucketName(),
                                " ./dormouse key create")));
    }

    private void output(String name, String description, String value) {
        CfnOutput.Builder.create(this, name)
                .description(description)
                .value(value)
                .build();
    }
}
