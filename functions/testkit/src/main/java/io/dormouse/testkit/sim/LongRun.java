package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.sim.Simulation.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Many seeds, in blocks that each end in a line of a file, so that a run that was cut goes on. A line:
 * {@code {"first":1,"seeds":10000,"done":10000,"commit":"…","steps":…,"faults":…,"by_kind":{…},"violations":[{"seed":…,
 * "check":"…","how":"…"}],"hash":"16 hex digits","seconds":…}}, where {@code hash} is that of this block's histories and
 * {@code done} counts the seeds of all lines so far.
 */
final class LongRun {
    static final long BLOCK = 10_000;

    private final Path file;
    private final long first;
    private final long seeds;
    private final int threads;
    private final long block;
    private final String commit;

    /** @param commit of the sources, since what a seed means belongs to them; @param block seeds of a line */
    LongRun(Path file, long first, long seeds, int threads, long block, String commit) {
        this.file = file;
        this.first = first;
        this.seeds = seeds;
        this.threads = threads;
        this.block = block;
        this.commit = commit;
    }

    /** Returns whether no seed broke a promise, in this part of the run and in those before. */
    boolean run(boolean resume) throws IOException {
        if (!resume && Files.exists(file) && Files.size(file) > 0)
            throw new IOException(file + " is there already: go on with --resume, or take it away");
        long done = 0;
        long violations = 0;
        if (resume && Files.exists(file)) {
            List<JsonNode> lines = whole();
            for (JsonNode line : lines) {
                if (line.path("first").asLong() != first + done)
                    throw new IOException("the lines of " + file + " do not follow one another from seed " + first);
                done += line.path("seeds").asLong();
                violations += line.path("violations").size();
            }
            System.out.printf("goes on after %d seeds%n", done);
        }
        while (done < seeds) {
            long start = System.nanoTime();
            long now = Math.min(block, seeds - done);
            Tally tally = Tally.of(first + done, now, threads, false, so -> {
                if (so.seeds() % 2000 == 0) System.out.println("  " + SimCommand.progress(so, start));
            });
            done += now;
            ObjectNode line = line(tally, first + done - now, done, (System.nanoTime() - start) / 1_000_000_000);
            Files.writeString(file, Json.text(line) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            violations += tally.violations().size();
            System.out.printf("%d of %d seeds, %d violations%n", done, seeds, violations);
            tally.violations().forEach(SimCommand::tell);
        }
        return violations == 0;
    }

    /** Lines that were written whole; what was cut off is dropped from the file. */
    private List<JsonNode> whole() throws IOException {
        String text = Files.readString(file);
        String complete = text.substring(0, text.lastIndexOf('\n') + 1);
        if (complete.length() < text.length()) Files.writeString(file, complete, StandardCharsets.UTF_8);
        List<JsonNode> lines = new ArrayList<>();
        for (String line : complete.lines().toList()) {
            JsonNode parsed = Json.parse(line);
            if (!parsed.path("commit").asText().equals(commit))
                throw new IOException("seeds belong to a commit: " + file + " is of "
                        + parsed.path("commit").asText() + ", and this is " + commit);
            lines.add(parsed);
        }
        return lines;
    }

    private ObjectNode line(Tally tally, long from, long done, long seconds) {
        ObjectNode line = Json.object()
                .put("first", from)
                .put("seeds", tally.seeds())
                .put("done", done)
                .put("commit", commit)
                .put("steps", tally.steps())
                .put("faults", tally.faultCount());
        ObjectNode kinds = line.putObject("by_kind");
        tally.faults().forEach((fault, count) -> kinds.put(fault.name().toLowerCase(java.util.Locale.ROOT), count));
        ArrayNode violations = line.putArray("violations");
        for (Outcome outcome : tally.violations())
            violations
                    .addObject()
                    .put("seed", outcome.seed())
                    .put("check", outcome.violated().name())
                    .put("how", outcome.how());
        return line.put("hash", String.format("%016x", tally.hash())).put("seconds", seconds);
    }
}
