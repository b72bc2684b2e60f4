package io.dormouse.hands.fargate;

import java.util.Map;

/**
 * What is kept ready.
 *
 * @param size how many spare tasks; 0 for none, and then nothing is asked of {@code spares}
 */
public record Stock(Spares spares, int size) {
    /**
     * As the deployment tells it; 0 where it does not.
     *
     * @throws IllegalArgumentException when it is no number, or below 0
     */
    public static Stock of(Map<String, String> environment, Spares spares) {
        String text = environment.getOrDefault("DORMOUSE_WARM_POOL", "").strip();
        if (!text.matches("[0-9]{0,4}")) throw new IllegalArgumentException("DORMOUSE_WARM_POOL is no number");
        return new Stock(spares, text.isEmpty() ? 0 : Integer.parseInt(text));
    }
}
