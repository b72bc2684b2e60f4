package io.dormouse.sandbox.files;

import io.dormouse.sandbox.files.Roots.Located;
import io.dormouse.sandbox.tool.ToolResult;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The tools {@code glob} and {@code grep}. Neither looks into {@code .git} unless told to by name. */
final class Search {
    static final int MOST_PATHS = 200;
    static final int LONGEST_GREP_CHARS = 100 * 1024;
    private static final int LONGEST_LINE_SHOWN_CHARS = 2_000;
    private static final int LONGEST_LINE_SEARCHED_BYTES = 1024 * 1024;
    private static final int MOST_FILES = 500_000;

    private record Found(Path path, long modifiedMillis) {}

    private final Roots roots;

    Search(Roots roots) {
        this.roots = roots;
    }

    ToolResult glob(Request.Glob request, Deadline deadline) throws IOException {
        GlobPattern pattern;
        try {
            pattern = GlobPattern.of(request.pattern());
        } catch (PatternSyntaxException bad) {
            return ToolResult.error("glob: not a valid pattern: " + bad.getDescription());
        }
        String folder = request.path().orElse(".");
        boolean absolute = pattern.base().startsWith("/");
        String start = pattern.base().isEmpty() ? folder : absolute ? pattern.base() : folder + "/" + pattern.base();
        return switch (roots.locate(start)) {
            case Located.Refused(String why) -> ToolResult.error("glob: " + why);
            case Located.Inside(Path real, boolean writable) -> {
                if (request.path().isPresent() && pattern.base().isEmpty() && !Files.isDirectory(real)) {
                    yield ToolResult.error("glob: " + folder + " is not a directory");
                }
                yield Files.isDirectory(real) ? newest(pattern, real, deadline) : noMatches(request);
            }
        };
    }

    private ToolResult newest(GlobPattern pattern, Path folder, Deadline deadline) throws IOException {
        PriorityQueue<Found> newest = new PriorityQueue<>(Comparator.comparingLong(Found::modifiedMillis));
        long[] matched = {0};
        Walk.below(folder, pattern.wantsGit(), deadline, (file, attributes) -> {
            String below = folder.relativize(file).toString();
            if (pattern.rest().matcher(deadline.text(below)).matches()) {
                matched[0]++;
                newest.add(new Found(file, attributes.lastModifiedTime().toMillis()));
                if (newest.size() > MOST_PATHS) {
                    newest.poll();
                }
            }
            return true;
        });
        if (newest.isEmpty()) {
            return ToolResult.ok("no matches");
        }
        List<String> lines = new ArrayList<>(newest.stream()
                .sorted(Comparator.comparingLong(Found::modifiedMillis)
                        .reversed()
                        .thenComparing(Found::path))
                .map(found -> roots.nameOf(found.path()))
                .toList());
        if (matched[0] > MOST_PATHS) {
            lines.add("[the newest " + MOST_PATHS + " of " + matched[0] + "]");
        }
        return ToolResult.ok(String.join("\n", lines));
    }

    private static ToolResult noMatches(Request.Glob request) {
        return ToolResult.ok("no matches");
    }

    ToolResult grep(Request.Grep request, Deadline deadline) throws IOException {
        Pattern pattern;
        try {
            pattern = Pattern.compile(request.pattern());
        } catch (PatternSyntaxException bad) {
            return ToolResult.error("grep: not a valid regular expression: " + bad.getDescription());
        }
        return switch (roots.locate(request.path().orElse("."))) {
            case Located.Refused(String why) -> ToolResult.error("grep: " + why);
            case Located.Inside(Path real, boolean writable)
            when !Files.exists(real, LinkOption.NOFOLLOW_LINKS) ->
                ToolResult.error("grep: " + request.path().orElse(".") + ": no such file or directory");
            case Located.Inside(Path real, boolean writable) -> search(pattern, real, deadline);
        };
    }

    private ToolResult search(Pattern pattern, Path start, Deadline deadline) throws IOException {
        StringBuilder lines = new StringBuilder();
        String note = "";
        try {
            for (Path file : filesAt(start, deadline)) {
                searchFile(pattern, file, lines, deadline);
                if (lines.length() >= LONGEST_GREP_CHARS) {
                    lines.setLength(LONGEST_GREP_CHARS);
                    note = "\n[cut after " + LONGEST_GREP_CHARS + " characters]";
                    break;
                }
            }
        } catch (Deadline.Passed late) {
            if (lines.isEmpty()) {
                return ToolResult.error("grep: out of time before anything was found");
            }
            note = "[out of time; this is what was found until then]";
        }
        return ToolResult.ok(lines.isEmpty() ? "no matches" : lines.append(note).toString());
    }

    private static List<Path> filesAt(Path start, Deadline deadline) throws IOException {
        List<Path> files = new ArrayList<>();
        Walk.below(start, false, deadline, (file, attributes) -> {
            files.add(file);
            return files.size() < MOST_FILES;
        });
        files.sort(Comparator.naturalOrder());
        return files;
    }

    private void searchFile(Pattern pattern, Path file, StringBuilder lines, Deadline deadline) {
        try (InputStream in = new BufferedInputStream(
                Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS), 64 * 1024)) {
            in.mark(8 * 1024);
            if (TextFiles.hasNul(in.readNBytes(8 * 1024 - 1))) {
                return;
            }
            in.reset();
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            long number = 1;
            for (int next = in.read(); next >= 0 && lines.length() < LONGEST_GREP_CHARS; next = in.read()) {
                if (next != '\n') {
                    if (line.size() < LONGEST_LINE_SEARCHED_BYTES) {
                        line.write(next);
                    }
                    continue;
                }
                match(pattern, file, number++, line, lines, deadline);
            }
            if (line.size() > 0) {
                match(pattern, file, number, line, lines, deadline);
            }
        } catch (IOException unreadable) {
            // as any grep: what cannot be read is passed over
        }
    }

    private void match(
            Pattern pattern,
            Path file,
            long number,
            ByteArrayOutputStream line,
            StringBuilder lines,
            Deadline deadline) {
        deadline.check();
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        boolean found;
        try {
            found = pattern.matcher(deadline.text(text)).find();
        } catch (StackOverflowError tooDeep) {
            found = false; // a pattern such as (a|b)* on a very long line
        }
        if (found && lines.length() < LONGEST_GREP_CHARS) {
            String shown =
                    text.length() > LONGEST_LINE_SHOWN_CHARS ? text.substring(0, LONGEST_LINE_SHOWN_CHARS) + "…" : text;
            lines.append(roots.nameOf(file))
                    .append(':')
                    .append(number)
                    .append(':')
                    .append(shown)
                    .append('\n');
        }
    }
}
