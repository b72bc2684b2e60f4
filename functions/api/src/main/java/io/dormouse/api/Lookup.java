package io.dormouse.api;

import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.wire.Refused;

/** Finds stored documents by ids that came from outside. */
final class Lookup {
    private static final int MAX_ID = 64;

    private Lookup() {}

    /** The document, or a refusal: 404 whether it never was, belongs to another workspace, or cannot be an id at all. */
    static Resource find(Resources resources, WorkspaceId workspace, String kind, String prefix, String id) {
        if (plausible(prefix, id)) {
            Resource found = resources.read(workspace, kind, id).orElse(null);
            if (found != null) return found;
        }
        throw Refused.notFound("No " + kind + " " + shown(id));
    }

    /** Whether a store is worth asking: prefix, then letters and digits. */
    static boolean plausible(String prefix, String id) {
        if (id == null || !id.startsWith(prefix) || id.length() > MAX_ID || id.length() == prefix.length())
            return false;
        for (int i = prefix.length(); i < id.length(); i++) {
            char c = id.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')) return false;
        }
        return true;
    }

    /** An id for a message: whatever was sent, but not much of it. */
    static String shown(String id) {
        return id.length() <= MAX_ID ? id : id.substring(0, MAX_ID) + "…";
    }
}
