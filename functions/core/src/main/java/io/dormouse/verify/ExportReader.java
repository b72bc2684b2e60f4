package io.dormouse.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.head.Snapshot;
import io.dormouse.id.Sha256;
import io.dormouse.json.Json;
import io.dormouse.resource.Spill;
import io.dormouse.session.Posted;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads an export line by line, and says what is wrong with the lines and with the entries that they tell. */
public final class ExportReader {
    private final Verifier verifier = new Verifier(this::filled);
    private final Findings findings = verifier.report();
    private final Map<String, JsonNode> contents = new HashMap<>();
    private Line.Header header;
    private String headerHash;
    private String last;
    private Line.Trailer trailer;
    private long lines;

    /**
     * What came of an export.
     *
     * @param session as its header says; null without one
     * @param lastHash of the last entry; null without one
     */
    public record Result(String session, String lastHash, Verifier.Summary summary, List<Finding> findings) {
        public boolean ok() {
            return findings.isEmpty();
        }
    }

    /** @param line without its end */
    public void add(byte[] line) {
        lines++;
        if (trailer != null) {
            findings.add(Rule.LINE, "line " + lines + " comes behind the trailer");
            return;
        }
        Line read;
        try {
            read = Json.read(line, Line.class);
        } catch (RuntimeException e) {
            findings.at(header == null ? 0 : verifier.position() + 1);
            findings.add(Rule.LINE, "line " + lines + " cannot be read: " + brief(e));
            // Its hash can: so that what is behind it is not taken for broken as well.
            if (Chain.holds(line)) last = Chain.hash(line);
            return;
        }
        switch (read) {
            case Line.Header h -> header(h, line);
            case Line.Content c -> content(c);
            case Line.Told e -> entry(e, line);
            case Line.Trailer t -> trailer(t, line);
            case null -> findings.add(Rule.LINE, "line " + lines + " is empty");
        }
    }

    private static String brief(Throwable e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        String message = String.valueOf(cause.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private void header(Line.Header read, byte[] line) {
        findings.unless(lines == 1, Rule.LINE, "line " + lines + " is a second header");
        if (lines != 1) return;
        findings.unless(
                Line.FORMAT.equals(read.format()), Rule.LINE, "the format " + read.format() + " is not known here");
        findings.unless(read.base() == 0, Rule.LINE, "the export begins behind the entry " + read.base());
        boolean whole = read.thread() != null
                && read.session() != null
                && read.head() != null
                && read.head().snapshot() != null;
        findings.unless(whole, Rule.LINE, "the header is not whole");
        if (!whole) return;
        findings.unless(
                read.session().primaryThread().equals(read.thread()),
                Rule.LINE,
                "the thread " + read.thread() + " is not of the session " + read.session());
        header = read;
        headerHash = Sha256.hex(line);
        last = Chain.beginning(read.thread());
        verifier.expect(read.head().snapshot());
    }

    private void content(Line.Content read) {
        findings.at(verifier.position() + 1);
        if (read.sha256() == null || read.content() == null || read.content().isNull()) {
            findings.add(Rule.CONTENT, "the store has lost the content " + read.sha256());
            contents.putIfAbsent(String.valueOf(read.sha256()), Json.array());
            return;
        }
        boolean same = Sha256.hex(Json.bytes(read.content())).equals(read.sha256());
        findings.unless(same, Rule.CONTENT, "the content " + read.sha256() + " does not have this hash");
        contents.put(read.sha256(), read.content());
    }

    private void known(Set<String> references) {
        for (String sha256 : references)
            findings.unless(contents.containsKey(sha256), Rule.CONTENT, "the content " + sha256 + " is missing");
    }

    private JsonNode filled(JsonNode content) {
        return Spill.reference(content)
                .map(sha256 -> contents.getOrDefault(sha256, Json.array()))
                .orElse(content);
    }

    private void entry(Line.Told read, byte[] line) {
        // A line whose hash is wrong may not be the one that it says it is.
        findings.at(Chain.holds(line) ? read.position() : verifier.position() + 1);
        findings.unless(header != null, Rule.LINE, "an entry without a header before it");
        boolean whole = read.facts() != null && read.nonce() != null && read.time() != null;
        findings.unless(whole, Rule.LINE, "the entry is not whole");
        chained(read.prev(), line);
        if (!whole) return;
        try {
            known(References.in(read.facts()));
        } catch (RuntimeException e) {
            // What the facts lack is told by the verifier.
        }
        verifier.add(read.entry());
    }

    private void chained(String prev, byte[] line) {
        boolean holds = Chain.holds(line);
        findings.unless(holds, Rule.CHAIN, "the line does not have the hash that it says");
        findings.unless(
                last == null || last.equals(prev), Rule.CHAIN, "the line before is not the one that this one names");
        last = holds ? Chain.hash(line) : null;
    }

    private void trailer(Line.Trailer read, byte[] line) {
        trailer = read;
        findings.at(verifier.position());
        String hash = last;
        chained(read.lastHash(), line);
        last = hash;
        findings.unless(headerHash == null || headerHash.equals(read.header()), Rule.CHAIN, "the header was changed");
        findings.unless(
                read.entries() == verifier.count(),
                Rule.END,
                "the trailer says " + read.entries() + " entries, and there are " + verifier.count());
        findings.unless(
                verifier.sum().equals(read.usage()),
                Rule.USAGE,
                "the trailer says " + read.usage() + ", and the requests add up to " + verifier.sum());
        Snapshot snapshot = verifier.snapshot();
        findings.unless(
                snapshot == null || snapshot.equals(read.snapshot()),
                Rule.HEAD,
                "the trailer knows " + read.snapshot() + ", and the log says " + snapshot);
        List<Posted> waiting = read.waiting() == null ? List.of() : read.waiting();
        try {
            known(References.of(waiting));
            verifier.end(header == null ? 1 : header.head().nextSeq(), waiting);
        } catch (RuntimeException e) {
            findings.add(Rule.LINE, "the trailer is not whole: " + e);
        }
    }

    /** The file has ended. */
    public Result end() {
        findings.at(verifier.position());
        if (header == null) findings.add(Rule.LINE, "there is no header");
        if (trailer == null) findings.add(Rule.END, "there is no trailer: the export was cut off");
        return new Result(
                header == null ? null : header.session().text(),
                verifier.count() == 0 ? null : last,
                verifier.summary(),
                verifier.findings());
    }
}
