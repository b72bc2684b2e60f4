package io.dormouse.aws;

import io.dormouse.files.FileStore;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Resources;
import io.dormouse.session.SessionLog;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import software.amazon.awssdk.services.s3.S3Client;

/** The ports of storage of one deployment: {@code DORMOUSE_TABLE} and {@code DORMOUSE_BUCKET}. As long as the process lives. */
public record Storage(
        Table table, S3Client s3, String bucket, Blobs blobs, Heads heads, SessionLog log, Resources resources) {

    /** @param environment has AWS's own variables, too */
    public static Storage of(Map<String, String> environment, InstantSource clock, SecureRandom random) {
        Clients clients = Clients.of(environment);
        Table table = new Table(clients.dynamo(), Variables.needed(environment, "DORMOUSE_TABLE"));
        S3Client s3 = clients.s3();
        String bucket = Variables.needed(environment, "DORMOUSE_BUCKET");
        Blobs blobs = new S3Blobs(s3, bucket);
        return new Storage(
                table,
                s3,
                bucket,
                blobs,
                new DynamoHeads(table, blobs, random),
                new DynamoSessionLog(table, blobs),
                new DynamoResources(table, blobs, clock, random));
    }

    public FileStore files(InstantSource clock, Ids ids) {
        return new FileStore(resources, new S3Contents(s3, bucket), heads::lives, clock, ids);
    }

    /** Where workspaces of hands that rest are kept. */
    public Contents workspaces() {
        return S3Contents.workspaces(s3, bucket);
    }

    /** Where large bodies are handed over. */
    public Contents exchange() {
        return S3Contents.exchange(s3, bucket);
    }
}
