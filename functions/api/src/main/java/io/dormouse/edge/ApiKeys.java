package io.dormouse.edge;

import io.dormouse.id.Sha256;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;

/**
 * Who may call, and for which workspace. A key is {@code dm_<8 characters>_<43 characters, 256 random bits>_<CRC-32>}: the
 * first part names it in lists, the last part lets a mistyped one be told without asking the store. Only its SHA-256 is
 * stored. Other strings can be registered, so that a client keeps the key it has.
 */
@Singleton
public final class ApiKeys {
    private static final String KIND = "api_key";
    private static final String PREFIX = "dm_";
    private static final int NAME_LENGTH = 8;
    private static final int LENGTH = PREFIX.length() + NAME_LENGTH + 1 + 43 + 1 + 8;
    private static final int MIN_REGISTERED_LENGTH = 16;
    private static final int MAX_REGISTERED_LENGTH = 512;
    private static final String ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";

    private final Resources resources;
    private final InstantSource clock;
    private final SecureRandom random;

    public ApiKeys(Resources resources, InstantSource clock, SecureRandom random) {
        this.resources = resources;
        this.clock = clock;
        this.random = random;
    }

    /**
     * What may be shown of a key.
     *
     * @param id names it for {@link #revoke}
     * @param revokedAt null while it is good
     */
    public record Key(String id, String name, WorkspaceId workspace, Instant createdAt, Instant revokedAt) {}

    /** A new key and, this one time, its text. */
    public record Created(Key key, String plain) {
        /** Without the key's text. */
        @Override
        public String toString() {
            return "Created[key=" + key + "]";
        }
    }

    /** A new key for a workspace. Its text cannot be had again. */
    public Created create(WorkspaceId workspace, String name) {
        StringBuilder text = new StringBuilder(LENGTH).append(PREFIX);
        for (int i = 0; i < NAME_LENGTH; i++) text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        text.append('_').append(Base64.getUrlEncoder().withoutPadding().encodeToString(secret));
        String plain = text + "_" + checksum(text);
        return new Created(register(plain, workspace, name), plain);
    }

    /** Makes a key of the caller's choice good for a workspace. The same again changes nothing. */
    public Key register(String plain, WorkspaceId workspace, String name) {
        if (workspace.equals(WorkspaceId.SYSTEM)) throw Refused.invalid("workspace: " + workspace + " has no keys");
        if (plain.length() < MIN_REGISTERED_LENGTH || plain.length() > MAX_REGISTERED_LENGTH || !printable(plain))
            throw Refused.invalid("key: must have " + MIN_REGISTERED_LENGTH + " to " + MAX_REGISTERED_LENGTH
                    + " printable ASCII characters and no spaces");
        if (malformed(plain)) throw Refused.invalid("key: begins like one of ours and has a wrong checksum");
        String hash = Sha256.hex(plain);
        String prefix = plain.startsWith(PREFIX)
                ? plain.substring(PREFIX.length(), PREFIX.length() + NAME_LENGTH)
                : hash.substring(0, NAME_LENGTH);
        Resource wanted = Resource.of(
                WorkspaceId.SYSTEM,
                KIND,
                hash,
                clock.instant(),
                Json.object().put("name", name).put("prefix", prefix).put("workspace", workspace.text()));
        return switch (resources.create(wanted)) {
            case Resources.Saved.Done done -> view(done.resource());
            case Resources.Saved.Taken taken -> {
                Key existing = view(taken.current());
                if (!existing.workspace().equals(workspace))
                    throw new Refused(new ApiError.Conflict("The key belongs to another workspace"));
                if (existing.revokedAt() != null) throw new Refused(new ApiError.Conflict("The key was revoked"));
                yield existing;
            }
            case Resources.Saved.Gone gone -> throw new IllegalStateException("a create found nothing to swap");
        };
    }

    /** All keys, oldest first, revoked ones too. */
    public List<Key> list() {
        return stored().stream().map(ApiKeys::view).toList();
    }

    /** Ends every key whose id, or whose SHA-256, begins with {@code idPrefix}, and says which: one in all likelihood. */
    public List<Key> revoke(String idPrefix) {
        if (idPrefix.length() < 4) throw Refused.invalid("key: give at least four characters of its id");
        List<Key> revoked = new ArrayList<>();
        for (Resource key : stored()) {
            boolean meant = view(key).id().startsWith(idPrefix) || key.id().startsWith(idPrefix);
            if (meant && key.archivedAt() == null) {
                resources.swap(key, key.archived(clock.instant()));
                revoked.add(view(key));
            }
        }
        return revoked;
    }

    /** The credential of a request, checked as far as that goes without the store: cheap enough for an event loop. */
    String presented(UnaryOperator<String> headers) {
        String key = headers.apply("x-api-key");
        if (key == null || key.isBlank()) {
            // Official clients since 2026 send the API key as a bearer token; older ones and curl use x-api-key.
            String authorization = headers.apply("authorization");
            if (authorization == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7))
                throw unauthenticated("Give an API key in the x-api-key or the Authorization header");
            key = authorization.substring(7);
        }
        key = key.strip();
        if (malformed(key)) throw unauthenticated("malformed key: its checksum is wrong; was it copied in full?");
        if (key.length() < MIN_REGISTERED_LENGTH || key.length() > MAX_REGISTERED_LENGTH)
            throw unauthenticated("invalid API key");
        return key;
    }

    /** The workspace of a key that {@link #presented} let pass. */
    WorkspaceId workspace(String presented) {
        return resources
                .read(WorkspaceId.SYSTEM, KIND, Sha256.hex(presented))
                .filter(key -> key.archivedAt() == null)
                .map(key -> view(key).workspace())
                .orElseThrow(() -> unauthenticated("invalid API key"));
    }

    private List<Resource> stored() {
        List<Resource> all = new ArrayList<>();
        Resources.Place after = null;
        while (true) {
            List<Resource> page = resources.list(
                    WorkspaceId.SYSTEM, KIND, new Resources.Query("", true, after, null, null, true, 100));
            all.addAll(page);
            if (page.size() < 100) return all;
            after = new Resources.Place(
                    page.getLast().createdAt(), page.getLast().id());
        }
    }

    private static Key view(Resource key) {
        return new Key(
                key.body().path("prefix").asText(),
                Json.textOrNull(key.body(), "name"),
                new WorkspaceId(key.body().path("workspace").asText()),
                key.createdAt(),
                key.archivedAt());
    }

    /** Whether it begins like one of ours and is not one. */
    private static boolean malformed(String key) {
        if (!key.startsWith(PREFIX)) return false;
        if (key.length() != LENGTH) return true;
        // By position, not by separator: base64url has the underscore too.
        int sum = LENGTH - 8;
        return key.charAt(sum - 1) != '_'
                || !checksum(key.substring(0, sum - 1)).equals(key.substring(sum));
    }

    private static String checksum(CharSequence text) {
        CRC32 crc = new CRC32();
        crc.update(text.toString().getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().toHexDigits(crc.getValue(), 8);
    }

    private static boolean printable(String text) {
        for (int i = 0; i < text.length(); i++) if (text.charAt(i) <= ' ' || text.charAt(i) > '~') return false;
        return true;
    }

    private static Refused unauthenticated(String message) {
        return new Refused(new ApiError.Unauthenticated(message));
    }
}
