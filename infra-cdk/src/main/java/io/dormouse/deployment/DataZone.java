package io.dormouse.deployment;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.dynamodb.Attribute;
import software.amazon.awscdk.services.dynamodb.AttributeType;
import software.amazon.awscdk.services.dynamodb.Billing;
import software.amazon.awscdk.services.dynamodb.GlobalSecondaryIndexPropsV2;
import software.amazon.awscdk.services.dynamodb.LocalSecondaryIndexProps;
import software.amazon.awscdk.services.dynamodb.PointInTimeRecoverySpecification;
import software.amazon.awscdk.services.dynamodb.ProjectionType;
import software.amazon.awscdk.services.dynamodb.StreamViewType;
import software.amazon.awscdk.services.dynamodb.TableV2;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.s3.BlockPublicAccess;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketEncryption;
import software.amazon.awscdk.services.s3.LifecycleRule;
import software.amazon.awscdk.services.s3.ObjectOwnership;
import software.amazon.awscdk.services.sns.Topic;
import software.amazon.awscdk.services.sns.subscriptions.EmailSubscription;
import software.constructs.Construct;

/** What is remembered. The names in the table are stored, and the stores' own: a test compares them. */
final class DataZone extends Stack {
    /** As long as a mistake may go unnoticed. */
    private static final int UNDO_DAYS = 30;

    /** Where the harness and the proxy hand bodies over. */
    static final String EXCHANGE = "exchange/";

    /** Workspaces of hands that rest. Whatever is in them, only the harness has to do with it. */
    static final String WORKSPACES = "hands/";

    private final TableV2 table;
    private final Bucket bucket;
    private final Topic alarms;

    DataZone(Construct app, StackProps props, Parameters parameters) {
        super(app, "data", props);
        RemovalPolicy removal = parameters.keepData() ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
        table = TableV2.Builder.create(this, "Table")
                .partitionKey(attribute("pk", AttributeType.STRING))
                .sortKey(attribute("sk", AttributeType.STRING))
                .billing(Billing.onDemand())
                .globalSecondaryIndexes(List.of(GlobalSecondaryIndexPropsV2.builder()
                        .indexName("owing")
                        .partitionKey(attribute("owes", AttributeType.STRING))
                        .sortKey(attribute("owedAt", AttributeType.NUMBER))
                        .projectionType(ProjectionType.KEYS_ONLY)
                        .build()))
                .localSecondaryIndexes(List.of(LocalSecondaryIndexProps.builder()
                        .indexName("listing")
                        .sortKey(attribute("listed", AttributeType.STRING))
                        .projectionType(ProjectionType.INCLUDE)
                        .nonKeyAttributes(List.of("archived", "endsAt"))
                        .build()))
                .timeToLiveAttribute("expires")
                .dynamoStream(StreamViewType.NEW_AND_OLD_IMAGES)
                .pointInTimeRecoverySpecification(PointInTimeRecoverySpecification.builder()
                        .pointInTimeRecoveryEnabled(true)
                        .recoveryPeriodInDays(UNDO_DAYS)
                        .build())
                .deletionProtection(parameters.keepData())
                .removalPolicy(removal)
                .build();
        bucket = Bucket.Builder.create(this, "Blobs")
                .encryption(BucketEncryption.S3_MANAGED)
                .blockPublicAccess(BlockPublicAccess.BLOCK_ALL)
                .objectOwnership(ObjectOwnership.BUCKET_OWNER_ENFORCED)
                .enforceSsl(true)
                .minimumTlsVersion(1.2)
                .versioned(true)
                .lifecycleRules(List.of(
                        LifecycleRule.builder()
                                .noncurrentVersionExpiration(Duration.days(UNDO_DAYS))
                                .expiredObjectDeleteMarker(true)
                                .abortIncompleteMultipartUploadAfter(Duration.days(1))
                                .build(),
                        // Bodies of requests: read at once, or by nobody.
                        LifecycleRule.builder()
                                .prefix(EXCHANGE)
                                .expiration(Duration.days(1))
                                .noncurrentVersionExpiration(Duration.days(1))
                                .build(),
                        // What a newer one has replaced is no mistake to undo.
                        LifecycleRule.builder()
                                .prefix(WORKSPACES)
                                .noncurrentVersionExpiration(Duration.days(1))
                                .build()))
                .removalPolicy(removal)
                .build();
        Explained.because(
                bucket,
                "AwsSolutions-S1",
                "Two roles of this deployment are the only readers. A log of each request would cost more than the"
                        + " requests; CloudTrail's data events are there for whoever needs one.");
        alarms = Topic.Builder.create(this, "Alarms").enforceSsl(true).build();
        // A topic with a policy of its own has lost the one that let the account's alarms in.
        alarms.addToResourcePolicy(PolicyStatement.Builder.create()
                .sid("AlarmsOfThisAccount")
                .principals(List.of(new ServicePrincipal("cloudwatch.amazonaws.com")))
                .actions(List.of("sns:Publish"))
                .resources(List.of(alarms.getTopicArn()))
                .conditions(Map.of("StringEquals", Map.of("aws:SourceAccount", getAccount())))
                .build());
        parameters.alarmEmail().ifPresent(address -> alarms.addSubscription(new EmailSubscription(address)));
    }

    private static Attribute attribute(String name, AttributeType type) {
        return Attribute.builder().name(name).type(type).build();
    }

    TableV2 table() {
        return table;
    }

    Bucket bucket() {
        return bucket;
    }

    /** Where alarms go. */
    Topic alarms() {
        return alarms;
    }
}
