package io.dormouse.sandbox.files;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A doublestar pattern: {@code *} and {@code ?} stay within one path part, {@code **} as a whole part means any number of
 * parts, also none; {@code [a-z]}, {@code [!a]}, <code>{a,b}</code> and a backslash as usual. Hidden names match too.
 *
 * @param base the literal folder before the first special part, possibly empty, possibly absolute
 * @param rest matches the path below {@code base}, parts joined by a slash
 * @param wantsGit whether the pattern itself speaks of {@code .git}, which is otherwise left out
 */
record GlobPattern(String base, Pattern rest, boolean wantsGit) {

    /** Parses a pattern, or throws {@link PatternSyntaxException} with what is wrong with it. */
    static GlobPattern of(String glob) {
        String[] parts = glob.split("/", -1);
        int literal = 0;
        while (literal < parts.length - 1 && !special(parts[literal])) {
            literal++;
        }
        String base = String.join("/", java.util.Arrays.copyOf(parts, literal));
        if (literal > 0 && base.isEmpty()) {
            base = "/";
        }
        StringBuilder regex = new StringBuilder();
        int braces = 0;
        for (int i = literal; i < parts.length; i++) {
            boolean lastPart = i == parts.length - 1;
            if (parts[i].equals("**")) {
                regex.append(lastPart ? ".*" : "(?:[^/]+/)*");
                continue;
            }
            braces = part(parts[i], regex, braces);
            if (!lastPart) {
                regex.append('/');
            }
        }
        if (braces != 0) {
            throw new PatternSyntaxException("unclosed brace", glob, glob.length());
        }
        return new GlobPattern(base, Pattern.compile(regex.toString(), Pattern.DOTALL), glob.contains(".git"));
    }

    private static boolean special(String part) {
        return part.chars().anyMatch(c -> "*?[{\\".indexOf(c) >= 0);
    }

    private static int part(String part, StringBuilder regex, int openBraces) {
        int braces = openBraces;
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            switch (c) {
                case '*' -> regex.append("[^/]*");
                case '?' -> regex.append("[^/]");
                case '{' -> {
                    braces++;
                    regex.append("(?:");
                }
                case '}' -> {
                    regex.append(braces > 0 ? ")" : "\\}");
                    braces = Math.max(0, braces - 1);
                }
                case ',' -> regex.append(braces > 0 ? "|" : ",");
                case '[' -> i = characterClass(part, i, regex);
                case '\\' -> {
                    i = Math.min(i + 1, part.length() - 1);
                    regex.append(Pattern.quote(String.valueOf(part.charAt(i))));
                }
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
        }
        return braces;
    }

    private static int characterClass(String part, int open, StringBuilder regex) {
        int close = part.indexOf(']', open + 2);
        if (close < 0) {
            regex.append("\\[");
            return open;
        }
        String members = part.substring(open + 1, close);
        boolean negated = members.startsWith("!") || members.startsWith("^");
        String plain = (negated ? members.substring(1) : members)
                .replace("\\", "\\\\")
                .replace("[", "\\[")
                .replace("&", "\\&")
                .replace("^", "\\^");
        regex.append("(?!/)[").append(negated ? "^" : "").append(plain).append("]");
        return close;
    }
}
