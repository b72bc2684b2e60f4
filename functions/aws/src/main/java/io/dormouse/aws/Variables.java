package io.dormouse.aws;

import java.time.Duration;
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

    /** A duration. @throws IllegalArgumentException when it is no whole number above 0 */
    public static Duration seconds(Map<String, String> environment, String name, Duration otherwise) {
        String value = environment.getOrDefault(name, "").strip();
        if (value.isEmpty()) return otherwise;
        if (!value.matches("[1-9][0-9]{0,8}")) throw new IllegalArgumentException(name + " is no number of seconds");
        return Duration.ofSeconds(Long.parseLong(value));
    }
}
