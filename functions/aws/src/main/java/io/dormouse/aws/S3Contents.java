package io.dormouse.aws;

import io.dormouse.resource.Contents;
import io.dormouse.resource.Digested;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/**
 * Contents of files in a bucket: {@code files/<name>}. What is larger than a part goes up in parts and appears when the last
 * one is there. Needs {@code s3:GetObject}, {@code s3:PutObject}, {@code s3:DeleteObject}, {@code s3:AbortMultipartUpload}, and
 * {@code s3:ListBucket}, without which the service says "forbidden" of what is not there. A process that dies leaves parts
 * behind: the bucket wants a lifecycle rule that ends incomplete uploads after a day.
 */
public final class S3Contents implements Contents {
    /** Held in memory, twice. With 10,000 parts, which the service allows, a file may have 80 GB. */
    static final int PART_BYTES = 8 * 1024 * 1024;

    private final S3Client client;
    private final String bucket;
    private final String folder;

    public S3Contents(S3Client client, String bucket) {
        this(client, bucket, "files/");
    }

    private S3Contents(S3Client client, String bucket, String folder) {
        this.client = client;
        this.bucket = bucket;
        this.folder = folder;
    }

    /**
     * Bodies of requests that are handed over: {@code exchange/<name>}. The bucket wants a lifecycle rule that ends them after
     * a day, for who dies in between leaves some behind.
     */
    public static S3Contents exchange(S3Client client, String bucket) {
        return new S3Contents(client, bucket, "exchange/");
    }

    /** Workspaces of hands that rest: {@code hands/<name>}. Versions that are not current any more want to end after a day. */
    public static S3Contents workspaces(S3Client client, String bucket) {
        return new S3Contents(client, bucket, "hands/");
    }

    @Override
    public Stored put(String name, InputStream stream) throws IOException {
        String key = key(Contents.checked(name));
        Digested digested = new Digested(stream);
        byte[] buffer = new byte[PART_BYTES];
        int length = digested.readNBytes(buffer, 0, PART_BYTES);
        if (length < PART_BYTES) {
            byte[] whole = Arrays.copyOf(buffer, length);
            client.putObject(put -> put.bucket(bucket).key(key).contentMD5(md5(whole)), RequestBody.fromBytes(whole));
        } else {
            inParts(key, digested, buffer);
        }
        return digested.stored();
    }

    private void inParts(String key, Digested digested, byte[] buffer) throws IOException {
        String upload = client.createMultipartUpload(
                        create -> create.bucket(bucket).key(key))
                .uploadId();
        boolean complete = false;
        try {
            List<CompletedPart> parts = new ArrayList<>();
            int length = buffer.length;
            // The first part is in the buffer. An end exactly at the end of a part has no part of its own.
            while (length > 0) {
                parts.add(part(key, upload, parts.size() + 1, Arrays.copyOf(buffer, length)));
                length = digested.readNBytes(buffer, 0, buffer.length);
            }
            client.completeMultipartUpload(
                    done -> done.bucket(bucket).key(key).uploadId(upload).multipartUpload(all -> all.parts(parts)));
            complete = true;
        } finally {
            if (!complete)
                client.abortMultipartUpload(
                        abort -> abort.bucket(bucket).key(key).uploadId(upload));
        }
    }

    private CompletedPart part(String key, String upload, int number, byte[] bytes) {
        String etag = client.uploadPart(
                        part -> part.bucket(bucket)
                                .key(key)
                                .uploadId(upload)
                                .partNumber(number)
                                .contentMD5(md5(bytes)),
                        RequestBody.fromBytes(bytes))
                .eTag();
        return CompletedPart.builder().partNumber(number).eTag(etag).build();
    }

    @Override
    public Optional<Content> open(String name) {
        if (!Contents.isName(name)) return Optional.empty();
        try {
            ResponseInputStream<GetObjectResponse> found =
                    client.getObject(get -> get.bucket(bucket).key(key(name)));
            return Optional.of(new Content(found, found.response().contentLength()));
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        }
    }

    @Override
    public void delete(String name) {
        if (Contents.isName(name))
            client.deleteObject(delete -> delete.bucket(bucket).key(key(name)));
    }

    private String key(String name) {
        return folder + name;
    }

    /** The service refuses what came to it damaged. */
    private static String md5(byte[] bytes) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has MD5", e);
        }
    }
}
