package io.dormouse.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.FileId;
import io.dormouse.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/**
 * Where a session's files appear in its sandbox: all below one folder, each at a path of its own. A path that begins elsewhere
 * is taken as one below that folder, as the hosted service does.
 */
public final class Mounts {
    public static final String ROOT = "/mnt/session/uploads";
    /** Of the session's document: what is attached to it. A stored name, like those below. */
    public static final String FIELD = "resources";

    public static final String PREFIX = "sesrsc_";

    private static final int MAX_PATH_BYTES = 1024;
    private static final int MAX_NAME_BYTES = 255;

    private final Set<String> files = new HashSet<>();
    private final Set<String> folders = new HashSet<>();

    private Mounts() {}

    /** The mounts of stored resources. */
    public static Mounts of(JsonNode resources) {
        Mounts mounts = new Mounts();
        for (JsonNode resource : resources)
            if (resource.has("path")) mounts.take(resource.path("path").asText());
        return mounts;
    }

    public static String byDefault(FileId file) {
        return ROOT + "/" + file;
    }

    /** A resource as it is stored. */
    public static ObjectNode document(String id, StoredFile file, String mountPath, Instant now) {
        return Json.object()
                .put("id", id)
                .put("type", "file")
                .put("file_id", file.id().text())
                .put("mount_path", mountPath)
                .put("path", below(mountPath))
                .put("sha256", file.sha256())
                .put("size_bytes", file.sizeBytes())
                .put("content", file.content())
                .put("created_at", now.toString())
                .put("updated_at", now.toString());
    }

    public sealed interface Mounted {
        /** @param path relative to {@link #ROOT} */
        record At(String path) implements Mounted {}

        record Refused(String why) implements Mounted {}
    }

    /** Takes the place, if it is one and free. */
    public Mounted mount(String mountPath) {
        if (!mountPath.startsWith("/")) return new Mounted.Refused("must be an absolute path");
        String path = below(mountPath);
        if (path.isEmpty()) return new Mounted.Refused("must name a file below " + ROOT);
        if (path.getBytes(StandardCharsets.UTF_8).length > MAX_PATH_BYTES)
            return new Mounted.Refused("must have at most " + MAX_PATH_BYTES + " bytes below " + ROOT);
        for (int i = 0; i < path.length(); i++)
            if (path.charAt(i) < ' ' || path.charAt(i) == 127)
                return new Mounted.Refused("must not have control characters");
        for (String name : path.split("/", -1)) {
            if (name.isEmpty() || name.equals(".") || name.equals(".."))
                return new Mounted.Refused("must not have empty parts, or parts that are . or ..");
            if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES)
                return new Mounted.Refused("must not have parts of more than " + MAX_NAME_BYTES + " bytes");
        }
        if (files.contains(path)) return new Mounted.Refused("another resource of this session is mounted there");
        if (folders.contains(path) || inside(path))
            return new Mounted.Refused("it, or a folder on the way, is where another resource is mounted");
        take(path);
        return new Mounted.At(path);
    }

    private boolean inside(String path) {
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
            if (files.contains(path.substring(0, slash))) return true;
        return false;
    }

    private void take(String path) {
        files.add(path);
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
            folders.add(path.substring(0, slash));
    }

    private static String below(String mountPath) {
        if (mountPath.equals(ROOT)) return "";
        return mountPath.startsWith(ROOT + "/") ? mountPath.substring(ROOT.length() + 1) : mountPath.substring(1);
    }
}
