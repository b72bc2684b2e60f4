package io.dormouse.aws;

import java.util.Map;

/** What a deployment tells its functions. */
public final class Variables {
    private Variables() {}

    /** @throws IllegalArgumentException when it is missing or blank */
    public static String needed(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isBlank()) throw new IllegalArgumentException(name + " is not set");
        return value;
    }
}
