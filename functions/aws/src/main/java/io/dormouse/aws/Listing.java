package io.dormouse.aws;

import io.dormouse.resource.Resources.Query;

/**
 * A query's bounds as texts of the index {@code listing}, both inclusive. Absent bounds become the first and last possible
 * text, so that the index always gets a range with a beginning and an end.
 *
 * @param passed null, or the text of the place after which the page begins, which is itself no part of it
 */
record Listing(String first, String last, String passed) {
    /** Before every digit, and behind every one. */
    private static final String LOWEST = "!";

    private static final String HIGHEST = "~";
    /** Follows the {@code #} that parts a time from an id, so that it is behind every id of that time. */
    private static final String BEHIND_IDS = "$";

    static Listing of(Query query) {
        String first = query.from() == null ? LOWEST : Items.digits(query.from());
        String last = query.until() == null ? HIGHEST : Items.digits(query.until()) + BEHIND_IDS;
        if (query.after() == null) return new Listing(first, last, null);
        String passed = Items.listed(query.after().createdAt(), query.after().id());
        return query.ascending()
                ? new Listing(first.compareTo(passed) > 0 ? first : passed, last, passed)
                : new Listing(first, last.compareTo(passed) < 0 ? last : passed, passed);
    }

    boolean isEmpty() {
        return first.compareTo(last) > 0;
    }
}
