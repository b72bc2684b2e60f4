package io.dormouse.outbound;

/** What a path is about, without what may be told to nobody: ids, names, tokens, the query. */
public final class PathClass {
    private static final int MAX_SEGMENTS = 6;
    private static final int MAX_WORD = 24;

    private PathClass() {}

    /** {@code /v1/repos/*}: words and versions stay, every other segment is a star, and what is behind the sixth goes. */
    public static String of(HttpUrl url) {
        StringBuilder text = new StringBuilder();
        int count = 0;
        for (String segment : url.path().substring(1).split("/", -1)) {
            if (count++ == MAX_SEGMENTS) return text.append("/…").toString();
            text.append('/').append(segment.isEmpty() || isWord(segment) || isVersion(segment) ? segment : "*");
        }
        return text.toString();
    }

    private static boolean isWord(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c == '-' || c == '_')) return false;
        }
        return text.length() <= MAX_WORD;
    }

    private static boolean isVersion(String text) {
        return text.length() <= 3 && text.matches("v[0-9]+");
    }
}
