package io.dormouse.deployment;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.ArnComponents;
import software.amazon.awscdk.ArnFormat;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.Effect;
import software.amazon.awscdk.services.iam.PolicyStatement;

/** What roles may do to what is remembered, and to models. The only place where such a statement is written. */
final class Rights {
    /** The partition of API keys. Whoever can write there can let anybody in. */
    static final String KEYS = "W#_system#api_key";

    private static final List<String> WRITES =
            List.of("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem");
    private static final List<String> READS = List.of("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query");

    private Rights() {}

    /** Read and write sessions and documents: what the stores do, and nothing that looks at the table as a whole. */
    static List<PolicyStatement> toWork(DataZone data) {
        return List.of(
                allow(
                        "Items",
                        List.of(
                                "dynamodb:GetItem",
                                "dynamodb:BatchGetItem",
                                "dynamodb:Query",
                                "dynamodb:PutItem",
                                "dynamodb:UpdateItem",
                                "dynamodb:DeleteItem",
                                "dynamodb:BatchWriteItem"),
                        List.of(
                                data.table().getTableArn(),
                                data.table().getTableArn() + "/index/owing",
                                data.table().getTableArn() + "/index/listing")),
                allow(
                        "Blobs",
                        List.of("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                        List.of(data.bucket().arnForObjects("*"))),
                // Without it the service says "forbidden" of what is not there.
                allow(
                        "MissingBlobs",
                        List.of("s3:ListBucket"),
                        List.of(data.bucket().getBucketArn())));
    }

    /** To add to {@link #toWork}: keys are made by an administrator, never by a function. */
    static PolicyStatement neverWriteKeys(DataZone data) {
        return onKeys(data, "NoNewKeys", WRITES);
    }

    /** To add to {@link #toWork}: neither read nor write. */
    static PolicyStatement neverTouchKeys(DataZone data) {
        return onKeys(data, "NoKeys", List.of("dynamodb:*"));
    }

    /** To add to {@link #toWork}: what agents' sandboxes hold while they are stopped. */
    static PolicyStatement neverTouchWorkspaces(DataZone data) {
        return PolicyStatement.Builder.create()
                .sid("NoWorkspaces")
                .effect(Effect.DENY)
                .actions(List.of("s3:GetObject", "s3:PutObject", "s3:DeleteObject"))
                .resources(List.of(data.bucket().arnForObjects(DataZone.WORKSPACES + "*")))
                .build();
    }

    private static PolicyStatement onKeys(DataZone data, String name, List<String> actions) {
        return PolicyStatement.Builder.create()
                .sid(name)
                .effect(Effect.DENY)
                .actions(actions)
                .resources(List.of(data.table().getTableArn(), data.table().getTableArn() + "/index/*"))
                .conditions(Map.of("ForAnyValue:StringEquals", Map.of("dynamodb:LeadingKeys", List.of(KEYS))))
                .build();
    }

    /** Look up one API key by its hash. */
    static PolicyStatement toCheckKeys(DataZone data) {
        return PolicyStatement.Builder.create()
                .sid("OneKey")
                .actions(List.of("dynamodb:GetItem"))
                .resources(List.of(data.table().getTableArn()))
                .conditions(Map.of("ForAllValues:StringEquals", Map.of("dynamodb:LeadingKeys", List.of(KEYS))))
                .build();
    }

    /**
     * Read threads and documents, to see that a caller still holds its lease and what its session may use; and note in a
     * credential's document when its token expires.
     */
    static List<PolicyStatement> toLookUp(DataZone data) {
        return List.of(
                onItems(data, "Threads", READS, List.of("T#*", "W#*")),
                onItems(data, "Expiries", List.of("dynamodb:UpdateItem"), List.of("W#*#vault_credential")),
                // Where a document, or a head, is too large for an item.
                allow(
                        "LargeItems",
                        List.of("s3:GetObject"),
                        List.of(data.bucket().arnForObjects("blobs/*"))),
                allow(
                        "MissingBlobs",
                        List.of("s3:ListBucket"),
                        List.of(data.bucket().getBucketArn())));
    }

    private static PolicyStatement onItems(DataZone data, String name, List<String> actions, List<String> partitions) {
        return PolicyStatement.Builder.create()
                .sid(name)
                .actions(actions)
                .resources(List.of(data.table().getTableArn()))
                .conditions(Map.of("ForAllValues:StringLike", Map.of("dynamodb:LeadingKeys", partitions)))
                .build();
    }

    /** Bodies of requests that are too large for an invocation. */
    static List<PolicyStatement> toHandOver(DataZone data) {
        return List.of(allow(
                "Exchange",
                List.of("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"),
                List.of(data.bucket().arnForObjects(DataZone.EXCHANGE + "*"))));
    }

    /** Ask a model, and nothing else of Bedrock. */
    static List<PolicyStatement> toAsk(Stack stack, Parameters.Model model) {
        return switch (model) {
            case Parameters.Model.BedrockMantle m ->
                List.of(allow(
                        "Model",
                        List.of("bedrock-mantle:CreateInference"),
                        List.of(arn(stack, "bedrock-mantle", "*", stack.getAccount(), "project", "*"))));
            case Parameters.Model.BedrockRuntime r ->
                List.of(allow(
                        "Model",
                        List.of("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"),
                        List.of(
                                arn(stack, "bedrock", "*", "", "foundation-model", "anthropic.*"),
                                arn(
                                        stack,
                                        "bedrock",
                                        stack.getRegion(),
                                        stack.getAccount(),
                                        "inference-profile",
                                        "*anthropic.*"))));
            case Parameters.Model.At at -> List.of();
        };
    }

    static PolicyStatement allow(String name, List<String> actions, List<String> resources) {
        return PolicyStatement.Builder.create()
                .sid(name)
                .actions(actions)
                .resources(resources)
                .build();
    }

    static String arn(Stack stack, String service, String region, String account, String resource, String name) {
        return stack.formatArn(ArnComponents.builder()
                .service(service)
                .region(region)
                .account(account)
                .resource(resource)
                .resourceName(name)
                .arnFormat(ArnFormat.SLASH_RESOURCE_NAME)
                .build());
    }
}
