package io.dormouse.edge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.Ids;
import io.dormouse.id.Sha256;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One effect per {@code Idempotency-Key} and workspace, for a day. A stored document per key goes from started to done (with
 * the answer) or to released (the attempt failed for a reason that may pass). It carries a seed from which the ids of
 * everything that the request creates follow, so that an attempt that takes over from a dead process repeats nothing.
 */
@Singleton
public final class Idempotency {
    private static final String KIND = "idempotency";
    static final Duration KEPT = Duration.ofHours(24);
    /** An attempt that has been silent for this long is taken for dead, unless that is known before. */
    static final Duration PATIENCE = Duration.ofSeconds(60);
    /** A larger answer goes to the blob store: documents are small. */
    private static final int MAX_INLINE_BYTES = 100_000;

    private final Resources resources;
    private final Blobs blobs;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Incarnation mine;

    public Idempotency(Resources resources, Blobs blobs, InstantSource clock, SecureRandom random, Incarnation mine) {
        this.resources = resources;
        this.blobs = blobs;
        this.clock = clock;
        this.random = random;
        this.mine = mine;
    }

    sealed interface Begun {
        /**
         * Do it, then tell {@link #finish} or {@link #release}.
         *
         * @param firstTriedAt when the first attempt began
         * @param again whether this is a later one
         */
        record Attempt(Resource claim, Ids ids, Instant firstTriedAt, boolean again) implements Begun {}

        /** It was done: answer this. */
        record Replay(int status, JsonNode body) implements Begun {}

        record Rejected(ApiError error) implements Begun {}
    }

    /**
     * What makes two requests the same: API key, method, path and body, byte for byte. Keyed with the API key, of which the
     * store has only the hash, so that nobody who reads the store can try out what a short body, a secret perhaps, was.
     */
    static String fingerprint(String apiKey, String method, String path, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(apiKey.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update((method + ' ' + path + '\n').getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    Begun begin(WorkspaceId workspace, String key, String fingerprint) {
        if (key.isEmpty() || key.length() > 255)
            throw Refused.invalid("idempotency-key: must have 1 to 255 characters");
        String id = Sha256.hex(key);
        Instant now = clock.instant();
        Resource fresh = Resource.of(workspace, KIND, id, now, started(fingerprint, newSeed(), now.toString()))
                .expiring(now.plus(KEPT));
        Resources.Saved saved = resources.create(fresh);
        // Each round is lost only to somebody who won it.
        for (int round = 0; round < 8; round++) {
            switch (saved) {
                case Resources.Saved.Done done -> {
                    return attempt(done.resource());
                }
                case Resources.Saved.Gone gone -> saved = resources.create(fresh);
                case Resources.Saved.Taken taken -> {
                    Resource current = taken.current();
                    JsonNode state = current.body();
                    boolean same = fingerprint.equals(state.path("fingerprint").asText());
                    if (state.path("state").asText().equals("released")) {
                        // The same request goes on with the same ids; another one has nothing to do with them.
                        ObjectNode again = same ? again(state) : started(fingerprint, newSeed(), now.toString());
                        saved = resources.swap(current, current.with(again, now));
                    } else if (!same) {
                        return new Begun.Rejected(new ApiError.Conflict(
                                "idempotency-key: was used for another request (another path or another body)"));
                    } else if (state.path("state").asText().equals("done")) {
                        return new Begun.Replay(state.path("status").asInt(), answer(state));
                    } else if (!mine.outlives(claimant(state))
                            && current.updatedAt().plus(PATIENCE).isAfter(now)) {
                        return new Begun.Rejected(inProgress());
                    } else {
                        saved = resources.swap(current, current.with(again(state), now));
                    }
                }
            }
        }
        return new Begun.Rejected(inProgress());
    }

    /** Keeps the answer for replays. If the attempt was taken over meanwhile, the other one's answer counts. */
    void finish(Resource claim, int status, JsonNode body) {
        byte[] bytes = Json.bytes(body);
        ObjectNode state =
                claim.body().<ObjectNode>deepCopy().put("state", "done").put("status", status);
        if (bytes.length <= MAX_INLINE_BYTES) state.set("answer", body);
        else state.put("answer_sha256", blobs.put(bytes));
        resources.swap(claim, claim.with(state, clock.instant()));
    }

    /** The attempt came to nothing: the next one may begin at once. */
    void release(Resource claim) {
        ObjectNode state = claim.body().<ObjectNode>deepCopy().put("state", "released");
        resources.swap(claim, claim.with(state, clock.instant()));
    }

    private JsonNode answer(JsonNode state) {
        JsonNode inline = state.get("answer");
        if (inline != null) return inline;
        return blobs.get(state.path("answer_sha256").asText())
                .map(bytes -> Json.read(bytes, JsonNode.class))
                .orElseThrow(() -> new IllegalStateException("a stored answer has lost its content"));
    }

    private static Begun attempt(Resource claim) {
        String seed = claim.body().path("seed").asText();
        Instant began = Instant.parse(claim.body().path("began_at").asText());
        return new Begun.Attempt(claim, new Ids(() -> began, new Seeded(seed)), began, claim.version() > 1);
    }

    /** The next attempt at the same: with the first one's seed and time, both of which are in every id. */
    private ObjectNode again(JsonNode before) {
        return started(
                before.path("fingerprint").asText(),
                before.path("seed").asText(),
                before.path("began_at").asText());
    }

    private ObjectNode started(String fingerprint, String seed, String beganAt) {
        return Json.object()
                .put("fingerprint", fingerprint)
                .put("state", "started")
                .put("seed", seed)
                .put("began_at", beganAt)
                .put("server", mine.server())
                .put("life", mine.life());
    }

    private static Incarnation claimant(JsonNode state) {
        return new Incarnation(state.path("server").asText(), state.path("life").asText());
    }

    private String newSeed() {
        byte[] seed = new byte[16];
        random.nextBytes(seed);
        return HexFormat.of().formatHex(seed);
    }

    private static ApiError inProgress() {
        return new ApiError.Conflict("idempotency-key: the first request with this key is still running", null, true);
    }

    /** The same numbers for the same seed, and no way back from a number to the seed. For one thread. */
    private static final class Seeded implements RandomGenerator {
        private final byte[] seed;
        private long counter;

        Seeded(String seed) {
            this.seed = seed.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public long nextLong() {
            MessageDigest digest = Sha256.digest();
            digest.update(seed);
            digest.update(ByteBuffer.allocate(8).putLong(counter++).flip());
            return ByteBuffer.wrap(digest.digest()).getLong();
        }
    }
}
