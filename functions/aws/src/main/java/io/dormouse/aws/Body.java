package io.dormouse.aws;

import static io.dormouse.aws.Items.b;
import static io.dormouse.aws.Items.s;

import io.dormouse.json.Json;
import io.dormouse.resource.Blobs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A record as an attribute, whose name tells how it is kept: plain or gzipped, whichever is smaller; here, or, when it is
 * large, in the blobs with its SHA-256 here.
 */
final class Body {
    /** An item may have 400 KB, and one of this size already costs 200 units a write: elsewhere it costs one. */
    static final int MAX_INLINE_BYTES = 200 * 1024;

    private static final String JSON = "json";
    private static final String GZIP = "gzip";
    private static final String JSON_BLOB = "jsonBlob";
    private static final String GZIP_BLOB = "gzipBlob";

    /** Of which an item has exactly one. */
    static final List<String> NAMES = List.of(JSON, GZIP, JSON_BLOB, GZIP_BLOB);

    private final Blobs blobs;

    Body(Blobs blobs) {
        this.blobs = blobs;
    }

    /** One attribute. What is large is in the blobs when this returns, so that no item ever refers to nothing. */
    Map<String, AttributeValue> of(Object value) {
        byte[] json = Json.bytes(value);
        byte[] gzip = gzip(json);
        boolean smaller = gzip.length < json.length;
        byte[] kept = smaller ? gzip : json;
        if (kept.length <= MAX_INLINE_BYTES) return Map.of(smaller ? GZIP : JSON, b(kept));
        return Map.of(smaller ? GZIP_BLOB : JSON_BLOB, s(blobs.put(kept)));
    }

    <T> T read(Map<String, AttributeValue> item, Class<T> type) {
        return Json.read(json(item), type);
    }

    private byte[] json(Map<String, AttributeValue> item) {
        if (item.containsKey(JSON)) return item.get(JSON).b().asByteArrayUnsafe();
        if (item.containsKey(GZIP)) return gunzip(item.get(GZIP).b().asByteArrayUnsafe());
        if (item.containsKey(JSON_BLOB)) return blob(item.get(JSON_BLOB).s());
        if (item.containsKey(GZIP_BLOB)) return gunzip(blob(item.get(GZIP_BLOB).s()));
        throw new IllegalStateException("an item without a body: " + Items.keyOf(item));
    }

    private byte[] blob(String sha256) {
        return blobs.get(sha256).orElseThrow(() -> new IllegalStateException("the blob store lost " + sha256));
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length / 2 + 32);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] gunzip(byte[] bytes) {
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return gzip.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
