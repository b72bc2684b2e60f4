package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dormouse.deployment.Synthesis.Resource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What each zone has, and how it is set. */
class ZonesTest {
    private static final String PRESET = "network=dualstack";
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void there_is_a_stack_for_each_zone_of_trust() {
        assertThat(Synthesis.of(PRESET).templates().keySet())
                .containsExactlyInAnyOrder("data", "hands", "proxy", "brain", "edge");
        assertThat(Synthesis.in(Synthesis.SOMEWHERE).findings()).isEmpty();
    }

    // ---- data

    @Test
    void what_is_remembered_can_be_recovered_and_is_not_deleted_by_accident() {
        Resource table = Synthesis.of(PRESET).one("AWS::DynamoDB::GlobalTable", "Table");
        JsonNode replica = table.properties().path("Replicas").path(0);
        assertThat(replica.path("DeletionProtectionEnabled").asBoolean()).isTrue();
        assertThat(replica.path("PointInTimeRecoverySpecification")
                        .path("PointInTimeRecoveryEnabled")
                        .asBoolean())
                .isTrue();
        assertThat(table.properties().path("BillingMode").asText()).isEqualTo("PAY_PER_REQUEST");
        assertThat(table.whole().path("DeletionPolicy").asText()).isEqualTo("Retain");
        Resource bucket = Synthesis.of(PRESET).one("AWS::S3::Bucket", "Blobs");
        assertThat(bucket.whole().path("DeletionPolicy").asText()).isEqualTo("Retain");
        assertThat(bucket.properties()
                        .path("VersioningConfiguration")
                        .path("Status")
                        .asText())
                .isEqualTo("Enabled");
    }

    @Test
    void no_bucket_is_public_and_none_answers_without_tls() {
        for (Resource bucket : Synthesis.of(PRESET).all("AWS::S3::Bucket")) {
            JsonNode block = bucket.properties().path("PublicAccessBlockConfiguration");
            for (String what :
                    List.of("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"))
                assertThat(block.path(what).asBoolean()).as(what).isTrue();
            assertThat(bucket.properties().has("AccessControl")).isFalse();
            assertThat(bucket.properties().has("WebsiteConfiguration")).isFalse();
        }
        for (Resource policy : Synthesis.of(PRESET).all("AWS::S3::BucketPolicy"))
            for (JsonNode statement : policy.properties().path("PolicyDocument").path("Statement"))
                assertThat(statement.path("Effect").asText()).isEqualTo("Deny");
    }

    // ---- every zone

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat"})
    void every_log_ends(String parameter) {
        assertThat(Synthesis.of(parameter).all("AWS::Logs::LogGroup"))
                .hasSizeGreaterThan(5)
                .allMatch(group -> group.properties().path("RetentionInDays").asInt() == 30);
        // Each function has a group of its own; Lambda would make one that is kept for ever.
        assertThat(Synthesis.of(parameter).all("AWS::Lambda::Function"))
                .hasSize(5)
                .allMatch(f -> f.properties().path("LoggingConfig").has("LogGroup"));
    }

    @Test
    void queues_are_encrypted_and_hold_dead_letters_for_two_weeks() {
        assertThat(Synthesis.of(PRESET).all("AWS::SQS::Queue")).singleElement().satisfies(queue -> {
            assertThat(queue.properties().path("SqsManagedSseEnabled").asBoolean())
                    .isTrue();
            assertThat(queue.properties().path("MessageRetentionPeriod").asInt())
                    .isEqualTo(14 * 24 * 3600);
        });
    }

    // ---- brain

    @Test
    void every_way_to_wake_the_harness_keeps_what_it_could_not_deliver() {
        Synthesis templates = Synthesis.of(PRESET);
        assertThat(templates
                        .one("AWS::Lambda::EventInvokeConfig", "Live")
                        .properties()
                        .toString())
                .contains("\"OnFailure\":{\"Destination\":{\"Fn::GetAtt\":[\"DeadLetters");
        assertThat(stream(templates).path("DestinationConfig").toString()).contains("DeadLetters");
        assertThat(templates
                        .one("AWS::Scheduler::Schedule", "Sweep")
                        .properties()
                        .path("Target")
                        .path("DeadLetterConfig")
                        .toString())
                .contains("DeadLetters");
    }

    @Test
    void the_stream_wakes_for_heads_that_are_ready_and_gives_back_what_fails() throws IOException {
        JsonNode stream = stream(Synthesis.of(PRESET));
        assertThat(stream.path("BisectBatchOnFunctionError").asBoolean()).isTrue();
        assertThat(stream.path("FunctionResponseTypes").toString()).isEqualTo("[\"ReportBatchItemFailures\"]");
        JsonNode pattern = JSON.readTree(stream.path("FilterCriteria")
                .path("Filters")
                .path(0)
                .path("Pattern")
                .asText());
        assertThat(pattern).isEqualTo(JSON.readTree("""
                                {"eventName": ["INSERT", "MODIFY"],
                                 "dynamodb": {"Keys": {"sk": {"S": ["HEAD"]}}, "NewImage": {"ready": {"S": ["1"]}}}}
                                """));
    }

    private static JsonNode stream(Synthesis templates) {
        return templates.one("AWS::Lambda::EventSourceMapping", "Live").properties();
    }

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat", "hands=none"})
    void the_harness_starts_from_a_snapshot(String parameter) {
        Synthesis templates = Synthesis.of(parameter);
        Resource harness = templates.one("AWS::Lambda::Function", "Functionharness");
        assertThat(harness.properties().path("SnapStart").path("ApplyOn").asText())
                .isEqualTo("PublishedVersions");
        // With these Lambda takes none.
        assertThat(harness.properties().has("EphemeralStorage")).isFalse();
        assertThat(harness.properties().has("FileSystemConfigs")).isFalse();
        Resource version = templates.one("AWS::Lambda::Version", "Functionharness");
        assertThat(version.properties().path("FunctionName").path("Ref").asText())
                .isEqualTo(harness.id());
        JsonNode alias = templates.one("AWS::Lambda::Alias", "Live").properties();
        assertThat(alias.path("FunctionVersion").toString()).contains(version.id());
        assertThat(alias.has("RoutingConfig")).isFalse();
        for (Resource each : List.of(version, templates.one("AWS::Lambda::Alias", "Live")))
            assertThat(each.properties().has("ProvisionedConcurrencyConfig")
                            || each.properties().has("ProvisionedConcurrencyConfiguration"))
                    .isFalse();
    }

    /** The function itself has no snapshot: whoever invoked it would wait for a start. */
    @Test
    void whoever_wakes_the_harness_invokes_the_alias() {
        Synthesis templates = Synthesis.of(PRESET);
        String alias = templates.one("AWS::Lambda::Alias", "Live").id();
        assertThat(stream(templates).path("FunctionName").toString()).contains(alias);
        JsonNode retries =
                templates.one("AWS::Lambda::EventInvokeConfig", "Live").properties();
        assertThat(retries.path("Qualifier").toString()).contains(alias);
        JsonNode sweep = templates.one("AWS::Scheduler::Schedule", "Sweep").properties();
        assertThat(sweep.path("Target").path("Arn").path("Ref").asText()).isEqualTo(alias);
        String api = Synthesis.of(PRESET)
                .one("AWS::Lambda::Function", "Functionapi")
                .properties()
                .path("Environment")
                .path("Variables")
                .path("DORMOUSE_HARNESS")
                .toString();
        assertThat(api).contains("live");
    }

    @Test
    void a_session_that_outlives_many_invocations_is_not_taken_for_a_loop() {
        assertThat(function("harness").path("RecursiveLoop").asText()).isEqualTo("Allow");
    }

    @Test
    void functions_get_the_names_that_they_read() {
        assertThat(names("api"))
                .contains(
                        "DORMOUSE_TABLE",
                        "DORMOUSE_BUCKET",
                        "DORMOUSE_HARNESS",
                        "DORMOUSE_PROXY",
                        "DORMOUSE_STREAM_REST_SECONDS",
                        "AWS_LWA_INVOKE_MODE");
        // A function that times out is an error, and alarms somebody.
        JsonNode api = function("api");
        assertThat(api.at("/Environment/Variables/DORMOUSE_STREAM_SECONDS").asInt())
                .isPositive()
                .isLessThan(api.path("Timeout").asInt() - 30);
        assertThat(names("harness"))
                .contains(
                        "DORMOUSE_TABLE",
                        "DORMOUSE_BUCKET",
                        "DORMOUSE_HARNESS",
                        "DORMOUSE_PROXY",
                        "DORMOUSE_CLUSTER",
                        "DORMOUSE_TASK_DEFINITION",
                        "DORMOUSE_HAND_REVISION",
                        "DORMOUSE_SUBNETS",
                        "DORMOUSE_SECURITY_GROUP",
                        "DORMOUSE_WARM_POOL",
                        "DORMOUSE_MODEL_URL",
                        "DORMOUSE_MODEL_SIGNING");
        for (String proxy : List.of("proxysend", "proxystore"))
            assertThat(names(proxy))
                    .contains(
                            "DORMOUSE_PROXY_OPERATION",
                            "DORMOUSE_SECRETS",
                            "DORMOUSE_TABLE",
                            "DORMOUSE_BUCKET",
                            "AWS_LAMBDA_EXEC_WRAPPER");
        JsonNode harness = function("harness").path("Environment").path("Variables");
        assertThat(harness.path("DORMOUSE_HARNESS").asText()).isEqualTo("dormouse-harness:live");
        assertThat(harness.path("DORMOUSE_WARM_POOL").asText()).isEqualTo("0");
        assertThat(harness.path("JAVA_TOOL_OPTIONS").asText())
                .isEqualTo("-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"
                        + " -Djava.net.preferIPv6Addresses=true");
        assertThat(harness.path("AWS_LAMBDA_EXEC_WRAPPER").asText()).isEqualTo("/var/task/start.sh");
        assertThat(harness.path("DORMOUSE_PROXY").toString()).contains("proxysend");
        assertThat(function("api")
                        .path("Environment")
                        .path("Variables")
                        .path("DORMOUSE_PROXY")
                        .toString())
                .contains("proxystore");
        assertThat(function("harness")
                        .path("VpcConfig")
                        .path("Ipv6AllowedForDualStack")
                        .asBoolean())
                .isTrue();
        for (String outside : List.of("api", "proxysend", "proxystore", "keycheck"))
            assertThat(function(outside).has("VpcConfig"))
                    .as("%s is outside of the network", outside)
                    .isFalse();
    }

    private static JsonNode function(String name) {
        return Synthesis.of(PRESET)
                .one("AWS::Lambda::Function", "Function" + name)
                .properties();
    }

    private static List<String> names(String function) {
        List<String> names = new ArrayList<>();
        function(function).path("Environment").path("Variables").fieldNames().forEachRemaining(names::add);
        return names;
    }

    /** CloudFormation changes no value that another stack imports, and takes none away. */
    @Test
    void no_parameter_of_hands_changes_what_other_zones_import_of_theirs() {
        Synthesis before = Synthesis.of(PRESET);
        Synthesis after = Synthesis.of("handZones=2", "handCpu=1024", "handIdleSeconds=60", "warmPool=1");
        assertThat(before.exports("hands")).isNotEmpty().isEqualTo(after.exports("hands"));
        // A reference to it is its ARN with the revision, and each change of a definition is a new revision.
        String definition = before.one("AWS::ECS::TaskDefinition", "Hand").id();
        assertThat(before.exports("hands").toString()).doesNotContain("\"Ref\":\"" + definition + "\"");
        assertThat(revision(after)).isNotBlank().isNotEqualTo(revision(before));
    }

    private static String revision(Synthesis templates) {
        return templates
                .one("AWS::Lambda::Function", "Functionharness")
                .properties()
                .at("/Environment/Variables/DORMOUSE_HAND_REVISION")
                .asText();
    }

    @Test
    void a_hand_rests_when_its_deployment_says_so_and_what_it_held_before_is_not_kept() {
        assertThat(function("harness")
                        .at("/Environment/Variables/DORMOUSE_HAND_IDLE_SECONDS")
                        .asText())
                .isEqualTo("900");
        Synthesis hasty = Synthesis.of("handIdleSeconds=120");
        assertThat(hasty.one("AWS::Lambda::Function", "Functionharness")
                        .properties()
                        .at("/Environment/Variables/DORMOUSE_HAND_IDLE_SECONDS")
                        .asText())
                .isEqualTo("120");
        assertThat(hasty.one("AWS::ECS::TaskDefinition", "Hand").properties().toString())
                .contains("{\"Name\":\"DORMOUSE_IDLE_EXIT_SECONDS\",\"Value\":\"7320\"}");
        assertThat(hasty.one("AWS::S3::Bucket", "Blobs").properties().at("/LifecycleConfiguration/Rules"))
                .anySatisfy(rule -> {
                    assertThat(rule.path("Prefix").asText()).isEqualTo("hands/");
                    assertThat(rule.at("/NoncurrentVersionExpiration/NoncurrentDays")
                                    .asInt())
                            .isEqualTo(1);
                    assertThat(rule.has("ExpirationInDays")).isFalse();
                });
    }

    // ---- edge

    @ParameterizedTest
    @ValueSource(strings = {PRESET, "network=nat", "hands=none"})
    void no_route_is_open(String parameter) {
        Synthesis templates = Synthesis.of(parameter);
        assertThat(templates.all("AWS::ApiGateway::Method"))
                .isNotEmpty()
                .allMatch(method ->
                        method.properties().path("AuthorizationType").asText().equals("CUSTOM")
                                && method.properties().path("AuthorizerId").has("Ref")
                                && method.properties().path("ApiKeyRequired").asBoolean());
        JsonNode check =
                templates.one("AWS::ApiGateway::Authorizer", "KeyCheck").properties();
        assertThat(check.path("AuthorizerResultTtlInSeconds").asInt()).isZero();
        assertThat(check.has("IdentitySource")).isFalse();
        assertThat(templates.all("AWS::ApiGatewayV2::Api")).isEmpty();
    }

    @Test
    void answers_are_streamed_as_long_as_a_function_may_run() {
        JsonNode integration = Synthesis.of(PRESET)
                .one("AWS::ApiGateway::Method", "Apiv1proxyANY")
                .properties()
                .path("Integration");
        assertThat(integration.path("ResponseTransferMode").asText()).isEqualTo("STREAM");
        assertThat(integration.path("TimeoutInMillis").asInt()).isEqualTo(900_000);
        assertThat(integration.path("Uri").toString()).contains("/response-streaming-invocations");
        assertThat(Synthesis.of(PRESET)
                        .one("AWS::ApiGateway::RestApi", "Api")
                        .properties()
                        .path("EndpointConfiguration")
                        .path("Types")
                        .toString())
                .isEqualTo("[\"REGIONAL\"]");
    }

    @Test
    void callers_share_a_plan_that_the_key_check_gives_them() {
        Synthesis templates = Synthesis.of(PRESET);
        assertThat(templates
                        .one("AWS::ApiGateway::RestApi", "Api")
                        .properties()
                        .path("ApiKeySourceType")
                        .asText())
                .isEqualTo("AUTHORIZER");
        JsonNode plan = templates.one("AWS::ApiGateway::UsagePlan", "ApiPlan").properties();
        assertThat(plan.path("Throttle").path("RateLimit").asInt()).isEqualTo(50);
        assertThat(plan.path("ApiStages").size()).isEqualTo(1);
        String key = templates
                .one("AWS::ApiGateway::ApiKey", "ApiEverybody")
                .properties()
                .path("Value")
                .asText();
        assertThat(key).hasSizeBetween(20, 128);
        assertThat(templates
                        .one("AWS::Lambda::Function", "Functionkeycheck")
                        .properties()
                        .path("Environment")
                        .path("Variables")
                        .path("DORMOUSE_PLAN_KEY")
                        .asText())
                .isEqualTo(key);
        assertThat(templates.all("AWS::ApiGateway::UsagePlanKey")).hasSize(1);
    }

    @Test
    void access_is_logged_without_anything_secret() throws IOException {
        JsonNode stage =
                Synthesis.of(PRESET).one("AWS::ApiGateway::Stage", "Api").properties();
        JsonNode line =
                JSON.readTree(stage.path("AccessLogSetting").path("Format").asText());
        line.forEach(field -> assertThat(field.asText())
                .matches("\\$context\\.[A-Za-z.]+")
                .doesNotContain("apiKey", "header", "requestOverride"));
        assertThat(stage.path("MethodSettings").path(0).path("DataTraceEnabled").asBoolean())
                .isFalse();
    }

    @Test
    void what_api_gateway_says_itself_is_an_error_of_the_wire() throws IOException {
        List<Resource> said = Synthesis.of(PRESET).all("AWS::ApiGateway::GatewayResponse");
        assertThat(said).hasSizeGreaterThan(8);
        for (Resource answer : said) {
            JsonNode body = JSON.readTree(answer.properties()
                    .path("ResponseTemplates")
                    .path("application/json")
                    .asText());
            assertThat(body.path("type").asText()).isEqualTo("error");
            assertThat(body.path("error").path("type").asText()).matches("[a-z_]+");
            assertThat(body.path("error").path("message").asText()).isNotBlank();
        }
    }

    @Test
    void the_outputs_are_the_address_and_how_to_make_the_first_key() {
        JsonNode outputs = Synthesis.of(PRESET).templates().get("edge").path("Outputs");
        List<String> names = new ArrayList<>();
        outputs.fieldNames().forEachRemaining(names::add);
        assertThat(names).containsExactlyInAnyOrder("Address", "FirstKey");
        assertThat(outputs.path("Address").path("Value").toString()).contains("https://", "/api\"");
        assertThat(outputs.path("FirstKey").path("Value").toString())
                .contains("DORMOUSE_STORE=dynamodb", "DORMOUSE_TABLE=", "./dormouse key create");
    }

    // ---- what is watched

    @Test
    void every_alarm_tells_somebody_and_none_is_raised_by_silence() {
        List<Resource> alarms = Synthesis.of(PRESET).all("AWS::CloudWatch::Alarm");
        assertThat(alarms)
                .hasSize(10)
                .allMatch(alarm -> alarm.properties().path("AlarmActions").size() == 1)
                .allMatch(alarm ->
                        alarm.properties().path("TreatMissingData").asText().equals("notBreaching"));
        // What AWS counts for a table as a whole.
        assertThat(Synthesis.of(PRESET)
                        .one("AWS::CloudWatch::Alarm", "TableThrottles")
                        .properties()
                        .path("MetricName")
                        .asText())
                .isEqualTo("WriteThrottleEvents");
        assertThat(Synthesis.of(PRESET)
                        .one("AWS::SNS::TopicPolicy", "Alarms")
                        .properties()
                        .path("PolicyDocument")
                        .toString())
                .contains("\"Service\":\"cloudwatch.amazonaws.com\"", "aws:SourceAccount", "aws:SecureTransport");
        assertThat(alarms.stream().map(Resource::id))
                .anyMatch(id -> id.startsWith("StuckSessions"))
                .anyMatch(id -> id.startsWith("DeadLetters"))
                .anyMatch(id -> id.startsWith("HarnessErrors"));
        assertThat(Synthesis.of(PRESET)
                        .one("AWS::Logs::MetricFilter", "Stuck")
                        .properties()
                        .path("FilterPattern")
                        .asText())
                .isEqualTo("{ $.stuck > 0 }");
    }
}
