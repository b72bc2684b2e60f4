package io.dormouse.verify;

import java.util.ArrayList;
import java.util.List;

/** What was found so far, and where the reading is. One broken entry may break many rules after it, so there is a limit. */
final class Findings {
    static final int MOST = 200;

    private final List<Finding> all = new ArrayList<>();
    private long position;

    /** What is found from now on is at this entry. */
    void at(long newPosition) {
        position = newPosition;
    }

    long position() {
        return position;
    }

    void add(Rule rule, String message) {
        if (all.size() < MOST) all.add(new Finding(position, rule, message));
    }

    /** Adds the finding unless this holds. */
    void unless(boolean holds, Rule rule, String message) {
        if (!holds) add(rule, message);
    }

    List<Finding> all() {
        return List.copyOf(all);
    }
}
