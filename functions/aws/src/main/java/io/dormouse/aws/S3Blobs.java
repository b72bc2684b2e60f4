package io.dormouse.aws;

import io.dormouse.id.Sha256;
import io.dormouse.resource.Blobs;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * Large content in a bucket: {@code blobs/<sha256>}. Needs {@code s3:GetObject}, {@code s3:PutObject}, and
 * {@code s3:ListBucket}, without which the service says "forbidden" of what is not there.
 */
public final class S3Blobs implements Blobs {
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");

    private final S3Client client;
    private final String bucket;

    public S3Blobs(S3Client client, String bucket) {
        this.client = client;
        this.bucket = bucket;
    }

    @Override
    public String put(byte[] content) {
        byte[] digest = Sha256.of(content);
        String name = HexFormat.of().formatHex(digest);
        // The same bytes under the same name: writing twice is cheaper than asking first. The service checks the
        // digest.
        client.putObject(
                put -> put.bucket(bucket)
                        .key(key(name))
                        .checksumSHA256(Base64.getEncoder().encodeToString(digest)),
                RequestBody.fromBytes(content));
        return name;
    }

    @Override
    public Optional<byte[]> get(String sha256) {
        if (!NAME.matcher(sha256).matches()) return Optional.empty();
        byte[] content;
        try {
            content = client.getObjectAsBytes(get -> get.bucket(bucket).key(key(sha256)))
                    .asByteArray();
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        }
        if (!Sha256.hex(content).equals(sha256))
            throw new IllegalStateException("damaged: " + bucket + "/" + key(sha256));
        return Optional.of(content);
    }

    private static String key(String name) {
        return "blobs/" + name;
    }
}
