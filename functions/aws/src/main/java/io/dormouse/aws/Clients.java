package io.dormouse.aws;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;

/**
 * The one place where clients of AWS are made: limits of time, retries, where to and as whom.
 *
 * @param endpoint null for AWS itself, or the base URL of an emulator
 * @param credentials where to get them; the clients sign with what it says
 * @param dualStack reach AWS over IPv6 as well; without effect on an emulator
 * @param interceptors see every request, for example a {@link Meter}
 */
public record Clients(
        URI endpoint,
        Region region,
        AwsCredentialsProvider credentials,
        boolean dualStack,
        List<ExecutionInterceptor> interceptors) {

    private static final Duration CONNECT = Duration.ofSeconds(2);
    /** A table answers in milliseconds. What takes longer is lost, and asked again well within the life of a lease. */
    private static final Duration TABLE_ANSWER = Duration.ofSeconds(3);

    private static final Duration TABLE_WHOLE = Duration.ofSeconds(12);
    private static final Duration BLOB_ANSWER = Duration.ofSeconds(30);
    private static final Duration BLOB_WHOLE = Duration.ofSeconds(100);
    private static final Duration TASK_ANSWER = Duration.ofSeconds(10);
    private static final Duration TASK_WHOLE = Duration.ofSeconds(25);
    private static final int ATTEMPTS = 6;
    private static final BackoffStrategy BACKOFF =
            BackoffStrategy.exponentialDelay(Duration.ofMillis(25), Duration.ofSeconds(1));

    static {
        // A lost answer is the SDK's to retry. The JDK would send a POST a second time behind its back, uncounted.
        System.setProperty("sun.net.http.retryPost", "false");
    }

    public Clients {
        interceptors = List.copyOf(interceptors);
    }

    /**
     * From AWS's usual variables: {@code AWS_ENDPOINT_URL}, {@code AWS_REGION} or {@code AWS_DEFAULT_REGION}, and credentials
     * wherever the SDK looks for them. {@code AWS_USE_DUALSTACK_ENDPOINT=true} asks for dual-stack.
     */
    public static Clients of(Map<String, String> environment) {
        String endpoint = environment.getOrDefault("AWS_ENDPOINT_URL", "");
        String region = environment.getOrDefault("AWS_REGION", environment.getOrDefault("AWS_DEFAULT_REGION", ""));
        if (region.isBlank()) throw new IllegalArgumentException("AWS_REGION is not set");
        return new Clients(
                endpoint.isBlank() ? null : URI.create(endpoint),
                Region.of(region),
                DefaultCredentialsProvider.builder().build(),
                "true".equalsIgnoreCase(environment.get("AWS_USE_DUALSTACK_ENDPOINT")),
                List.of());
    }

    /**
     * The same for one service, which may have an address of its own: {@code AWS_ENDPOINT_URL_<SERVICE>} goes before
     * {@code AWS_ENDPOINT_URL}.
     *
     * @param service as AWS writes it there, for example {@code LAMBDA}
     */
    public static Clients of(Map<String, String> environment, String service) {
        Clients clients = of(environment);
        String own = environment.getOrDefault("AWS_ENDPOINT_URL_" + service, "");
        return own.isBlank() ? clients : clients.at(URI.create(own));
    }

    private Clients at(URI other) {
        return new Clients(other, region, credentials, dualStack, interceptors);
    }

    /** The same, seen by one more. */
    public Clients seenBy(ExecutionInterceptor interceptor) {
        List<ExecutionInterceptor> all = new ArrayList<>(interceptors);
        all.add(interceptor);
        return new Clients(endpoint, region, credentials, dualStack, all);
    }

    /** The caller closes it. */
    public DynamoDbClient dynamo() {
        var builder = DynamoDbClient.builder().httpClientBuilder(http(TABLE_ANSWER));
        return with(builder, TABLE_WHOLE).build();
    }

    /** The caller closes it. */
    public S3Client s3() {
        var builder = S3Client.builder()
                .httpClientBuilder(http(BLOB_ANSWER))
                // Blobs bring their SHA-256, which the service checks: another checksum would only cost time.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .serviceConfiguration(S3Configuration.builder()
                        .chunkedEncodingEnabled(false)
                        .pathStyleAccessEnabled(endpoint != null)
                        .build());
        return with(builder, BLOB_WHOLE).build();
    }

    /** For calls that start a function and do not wait for it. The caller closes it. */
    public LambdaClient lambda() {
        var builder = LambdaClient.builder().httpClientBuilder(http(TABLE_ANSWER));
        return with(builder, TABLE_WHOLE).build();
    }

    /** For calls whose answers are read while the function writes them. The caller closes it. */
    public StreamedInvocations streamed() {
        URI own = URI.create("https://lambda." + region + (dualStack ? ".api.aws" : ".amazonaws.com"));
        return new StreamedInvocations(endpoint == null ? own : endpoint, region.id(), credentials);
    }

    /** The caller closes it. A request to start something has a key of the caller's: it may be made again. */
    public EcsClient ecs() {
        var builder = EcsClient.builder().httpClientBuilder(http(TASK_ANSWER));
        return with(builder, TASK_WHOLE).build();
    }

    private static SdkHttpClient.Builder<?> http(Duration answer) {
        return WholeAnswers.of(
                UrlConnectionHttpClient.builder().connectionTimeout(CONNECT).socketTimeout(answer));
    }

    private <B extends AwsClientBuilder<B, C>, C> B with(B builder, Duration whole) {
        builder.region(region).credentialsProvider(credentials).overrideConfiguration(o -> {
            o.apiCallTimeout(whole)
                    .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                            .maxAttempts(ATTEMPTS)
                            .backoffStrategy(BACKOFF)
                            .throttlingBackoffStrategy(BACKOFF)
                            .build());
            interceptors.forEach(o::addExecutionInterceptor);
        });
        if (endpoint != null) builder.endpointOverride(endpoint);
        else builder.dualstackEnabled(dualStack);
        return builder;
    }
}
