package io.dormouse.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/** A workspace: the wall between tenants. Comes from the credential, never from a request. */
public record WorkspaceId(@JsonValue String text) {
    private static final Pattern VALID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    public static final WorkspaceId DEFAULT = new WorkspaceId("default");
    /** Holds what belongs to no tenant, such as API keys. No key can be made for it. */
    public static final WorkspaceId SYSTEM = new WorkspaceId("_system");

    @JsonCreator
    public WorkspaceId {
        if (text == null || !VALID.matcher(text).matches())
            throw new IllegalArgumentException(
                    "a workspace name has 1 to 64 letters, digits, dots, dashes or underscores");
    }

    @Override
    public String toString() {
        return text;
    }
}
