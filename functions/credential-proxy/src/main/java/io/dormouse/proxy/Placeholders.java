package io.dormouse.proxy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The placeholders of a session's variables, and which of them may be swapped in one kind of place of one request. One that
 * is found and may not be is a reason to refuse the request: it was meant for somewhere else.
 */
public final class Placeholders {
    static final Placeholders NONE = new Placeholders(List.of(), key -> "");

    private final List<Key.Variable> keys;
    private final Function<Key.Variable, String> fault;

    /** @param fault why a key may not be swapped here, as the end of a sentence; null if it may */
    Placeholders(List<Key.Variable> keys, Function<Key.Variable, String> fault) {
        this.keys = keys;
        this.fault = fault;
    }

    boolean isEmpty() {
        return keys.isEmpty();
    }

    /** Of the longest one. */
    int longest() {
        return keys.stream().mapToInt(key -> key.placeholder().length()).max().orElse(0);
    }

    /** The first one, whether it may be swapped or not; null for none. */
    Key.Variable in(String text) {
        Key.Variable first = null;
        int place = Integer.MAX_VALUE;
        for (Key.Variable key : keys) {
            int at = text.indexOf(key.placeholder());
            if (at >= 0 && at < place) {
                first = key;
                place = at;
            }
        }
        return first;
    }

    /** What is to be said about one that was found; null if it may be swapped. */
    String fault(Key.Variable key) {
        return fault.apply(key);
    }

    /**
     * The text with every placeholder swapped for its secret. One pass from left to right: what a secret brings in is not
     * searched again.
     *
     * @param text each char is one byte
     * @param used gets the keys that were swapped
     */
    String swap(String text, Set<Key> used) {
        StringBuilder swapped = new StringBuilder(text.length());
        int from = 0;
        while (true) {
            Key.Variable next = null;
            int place = text.length();
            for (Key.Variable key : keys) {
                int at = text.indexOf(key.placeholder(), from);
                boolean first = at >= 0
                        && (at < place
                                || at == place
                                        && next != null
                                        && key.placeholder().length()
                                                > next.placeholder().length());
                if (first) {
                    next = key;
                    place = at;
                }
            }
            swapped.append(text, from, place);
            if (next == null) return swapped.toString();
            swapped.append(new String(next.secret().bytes(), StandardCharsets.ISO_8859_1));
            used.add(next);
            from = place + next.placeholder().length();
        }
    }

    /** All that stand in the text. */
    List<Key.Variable> allIn(String text) {
        List<Key.Variable> found = new ArrayList<>();
        for (Key.Variable key : keys) if (text.contains(key.placeholder())) found.add(key);
        return found;
    }
}
