package io.dormouse.local;

import io.dormouse.aws.Clients;
import io.dormouse.aws.DynamoHeads;
import io.dormouse.aws.DynamoResources;
import io.dormouse.aws.DynamoSessionLog;
import io.dormouse.aws.S3Blobs;
import io.dormouse.aws.S3Contents;
import io.dormouse.aws.Table;
import io.dormouse.head.Heads;
import io.dormouse.local.sqlite.FolderBlobs;
import io.dormouse.local.sqlite.FolderContents;
import io.dormouse.local.sqlite.Sqlite;
import io.dormouse.local.sqlite.SqliteHeads;
import io.dormouse.local.sqlite.SqliteResources;
import io.dormouse.local.sqlite.SqliteSessionLog;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Contents;
import io.dormouse.resource.Resources;
import io.dormouse.session.SessionLog;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;

/** The ports of storage, all on one kind of store. */
record Stores(SessionLog log, Heads heads, Resources resources, Blobs blobs, Contents contents, Runnable closing)
        implements AutoCloseable {

    /** @param environment where AWS's own variables are */
    static Stores open(Settings settings, Map<String, String> environment, InstantSource clock, SecureRandom random) {
        return switch (settings.store()) {
            case Settings.Store.Embedded e -> embedded(settings.home(), clock);
            case Settings.Store.Dynamo dynamo -> {
                Clients clients = Clients.of(environment);
                Table table = new Table(clients.dynamo(), dynamo.table()).createIfMissing();
                yield dynamo(dynamo, table, settings.home(), clients, clock, random);
            }
        };
    }

    /** What is there, for reads only: also beside a running suite, or after a crash. */
    static Stores openReadOnly(
            Settings settings, Map<String, String> environment, InstantSource clock, SecureRandom random) {
        return switch (settings.store()) {
            case Settings.Store.Embedded e -> {
                Sqlite sqlite = Sqlite.openReadOnly(Home.database(settings.home()));
                yield new Stores(
                        new SqliteSessionLog(sqlite),
                        new SqliteHeads(sqlite),
                        new SqliteResources(sqlite, clock),
                        new FolderBlobs(Home.blobs(settings.home()), false),
                        new FolderContents(Home.files(settings.home()), false),
                        sqlite::close);
            }
            case Settings.Store.Dynamo dynamo -> {
                Clients clients = Clients.of(environment);
                Table table = new Table(clients.dynamo(), dynamo.table());
                yield dynamo(dynamo, table, settings.home(), clients, clock, random);
            }
        };
    }

    private static Stores embedded(Path home, InstantSource clock) {
        Sqlite sqlite = Sqlite.open(Home.database(home));
        return new Stores(
                new RecentEntries(new SqliteSessionLog(sqlite)),
                new SqliteHeads(sqlite),
                new SqliteResources(sqlite, clock),
                new FolderBlobs(Home.blobs(home)),
                new FolderContents(Home.files(home)),
                sqlite::close);
    }

    private static Stores dynamo(
            Settings.Store.Dynamo store,
            Table table,
            Path home,
            Clients clients,
            InstantSource clock,
            SecureRandom random) {
        DynamoDbClient client = table.client();
        S3Client s3 = store.bucket() == null ? null : clients.s3();
        Blobs blobs = s3 == null ? new FolderBlobs(Home.blobs(home)) : new S3Blobs(s3, store.bucket());
        return new Stores(
                new DynamoSessionLog(table, blobs),
                new DynamoHeads(table, blobs, random),
                new DynamoResources(table, blobs, clock, random),
                blobs,
                s3 == null ? new FolderContents(Home.files(home)) : new S3Contents(s3, store.bucket()),
                () -> {
                    client.close();
                    if (s3 != null) s3.close();
                });
    }

    @Override
    public void close() {
        closing.run();
    }
}
