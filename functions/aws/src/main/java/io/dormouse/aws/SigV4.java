package io.dormouse.aws;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;

/** Signs POSTs to one service of AWS (Signature Version 4), with whatever credentials are good at that moment. */
public final class SigV4 {
    /** What an HTTP client writes by itself. */
    private static final Set<String> THE_CLIENTS = Set.of("host", "content-length");

    private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();
    private final String service;
    private final String region;
    private final AwsCredentialsProvider credentials;
    private volatile AwsCredentials last;

    /** @param service as signatures name it, for example {@code bedrock} */
    public SigV4(String service, String region, AwsCredentialsProvider credentials) {
        this.service = service;
        this.region = region;
        this.credentials = credentials;
    }

    /**
     * In the region that {@code AWS_REGION} or {@code AWS_DEFAULT_REGION} says, with credentials wherever the SDK looks for
     * them: the role's, in a function.
     */
    public static SigV4 of(String service, Map<String, String> environment) {
        return new SigV4(
                service,
                Clients.of(environment).region().id(),
                DefaultCredentialsProvider.builder().build());
    }

    public String region() {
        return region;
    }

    /**
     * Headers to send beside those given, which are signed as well.
     *
     * @throws IllegalStateException when there are no credentials at the moment
     */
    public Map<String, String> headers(URI target, Map<String, String> sent, byte[] body) {
        AwsCredentials now = credentials();
        last = now;
        SdkHttpRequest.Builder request =
                SdkHttpRequest.builder().method(SdkHttpMethod.POST).uri(target);
        sent.forEach(request::putHeader);
        SignedRequest signed = signer.sign(sign -> sign.identity(now)
                .request(request.build())
                .payload(ContentStreamProvider.fromByteArrayUnsafe(body))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                .putProperty(AwsV4HttpSigner.REGION_NAME, region));
        Map<String, String> headers = new LinkedHashMap<>();
        signed.request().forEachHeader((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (!THE_CLIENTS.contains(lower) && !sent.containsKey(lower)) headers.put(lower, values.getFirst());
        });
        return headers;
    }

    private AwsCredentials credentials() {
        try {
            return credentials.resolveCredentials();
        } catch (SdkException e) {
            // The message of the SDK's chain is a page long.
            throw new IllegalStateException("there are no AWS credentials at the moment", e);
        }
    }

    /** The parts of the credentials that were used last which others must not see. A service may quote what it got. */
    public Set<String> secrets() {
        AwsCredentials used = last;
        if (used == null) return Set.of();
        return used instanceof AwsSessionCredentials session
                ? Set.of(session.accessKeyId(), session.secretAccessKey(), session.sessionToken())
                : Set.of(used.accessKeyId(), used.secretAccessKey());
    }

    /** Without the credentials. */
    @Override
    public String toString() {
        return "SigV4[" + service + " " + region + "]";
    }
}
