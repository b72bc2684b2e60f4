package io.dormouse.verify;

import static io.dormouse.Given.custom;
import static io.dormouse.Given.id;
import static io.dormouse.Given.replied;
import static io.dormouse.Given.says;
import static io.dormouse.Given.toolUse;
import static io.dormouse.Given.userSays;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.dormouse.Given;
import io.dormouse.Play;
import io.dormouse.head.Head;
import io.dormouse.id.Sha256;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.resource.Blobs;
import io.dormouse.resource.Spill;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.SessionLog;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolCall.Gate;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ExportTest {
    private final Map<String, byte[]> kept = new HashMap<>();
    private final Spill spill = new Spill(new Blobs() {
        @Override
        public String put(byte[] content) {
            String sha256 = Sha256.hex(content);
            kept.put(sha256, content);
            return sha256;
        }

        @Override
        public Optional<byte[]> get(String sha256) {
            return Optional.ofNullable(kept.get(sha256));
        }
    });

    private static JsonNode large(String what) {
        return Given.text(what + " äöü🐭 ".repeat(20));
    }

    /** Numbers that a client may write, and that a store must give back as they were. */
    private JsonNode spilled(String what) {
        JsonNode odd = Json.parse(
                "[{\"type\":\"text\",\"text\":\"x\",\"odd\":[1.0,1.00,1e400,-0.0,1E-7,123456789012345678901]}]");
        ArrayNode content = Json.array();
        content.addAll((ArrayNode) large(what)).addAll((ArrayNode) odd);
        return spill.spill(content, 100);
    }

    private Play play() {
        ToolCall weather = custom("c1", "weather");
        return Play.begin()
                .post(new Input.UserMessage(id("big"), spilled("a question")), userSays("and \"quotes\", ünd 🐭"))
                .then()
                .model(replied(toolUse("t1", "bash"), weather))
                .hands()
                .post(new Input.CustomResult(id("answer"), weather.id(), spilled("an answer"), false))
                .then()
                .model(says("done"))
                .post(userSays("again"))
                .then()
                .post(new Input.UserMessage(id("later"), spilled("it waits")));
    }

    /** A log with nothing behind it. */
    private record Kept(List<Entry> entries) implements SessionLog {
        @Override
        public Appended append(ThreadId thread, Entry entry) {
            throw new AssertionError("an export writes nothing");
        }

        @Override
        public List<Entry> read(ThreadId thread, long after, int limit) {
            return entries.stream()
                    .filter(entry -> entry.position() > after)
                    .limit(limit)
                    .toList();
        }

        @Override
        public void drop(ThreadId thread) {
            throw new AssertionError("an export drops nothing");
        }
    }

    private List<byte[]> export(Head head, List<Entry> log, Instant now) {
        List<byte[]> lines = new ArrayList<>();
        Blobs blobs = new Blobs() {
            @Override
            public String put(byte[] content) {
                throw new AssertionError("an export keeps nothing");
            }

            @Override
            public Optional<byte[]> get(String sha256) {
                return Optional.ofNullable(kept.get(sha256));
            }
        };
        Export.Body body = new Export(new Kept(log), blobs, lines::add).begin(head, now);
        assertThat(body.end()).isTrue();
        return lines;
    }

    private List<byte[]> export(Play play) {
        return export(play.head(), play.log(), Given.NOON);
    }

    private static ExportReader.Result read(List<byte[]> lines) {
        ExportReader reader = new ExportReader();
        lines.forEach(reader::add);
        return reader.end();
    }

    private static String text(byte[] line) {
        return new String(line, StandardCharsets.UTF_8);
    }

    private static List<String> entries(List<byte[]> lines) {
        return lines.stream()
                .map(ExportTest::text)
                .filter(line -> line.startsWith("{\"line\":\"entry\""))
                .toList();
    }

    @Test
    void an_export_is_whole_and_healthy() {
        List<byte[]> lines = export(play());
        ExportReader.Result result = read(lines);
        assertThat(result.findings()).isEmpty();
        assertThat(result.session()).isEqualTo(Given.SESSION.text());
        assertThat(result.summary().entries()).isEqualTo(7);
        assertThat(result.summary().turns()).isEqualTo(2);
        assertThat(result.summary().toolCalls()).isEqualTo(2);
        JsonNode trailer = Json.parse(text(lines.getLast()));
        assertThat(trailer.path("entries").asInt()).isEqualTo(7);
        assertThat(trailer.path("last_hash").asText()).isEqualTo(result.lastHash());
        assertThat(trailer.path("status").asText()).isEqualTo("running");
        assertThat(trailer.at("/waiting/0/input/id").asText()).isEqualTo("sevt_later");
        // A question, an answer, and what waits; each once, before the line that names it.
        assertThat(lines.stream().filter(line -> text(line).startsWith("{\"line\":\"content\"")))
                .hasSize(3);
        for (byte[] line : lines) assertThat(text(line)).doesNotContain("\n", "\r");
    }

    @Test
    void entries_are_told_as_they_are_stored() {
        Play play = play();
        List<String> lines = entries(export(play));
        for (int i = 0; i < lines.size(); i++)
            assertThat(lines.get(i))
                    .contains(text(Json.bytes(play.log().get(i))).replaceAll("^[{]|}$", ""));
    }

    @Test
    void the_hashes_follow_from_the_log_alone_and_a_longer_log_begins_with_those_of_the_shorter_one() {
        Play play = play();
        List<String> whole = entries(export(play));
        assertThat(entries(export(play.head(), play.log(), Given.noonPlus(99)))).isEqualTo(whole);
        for (int n = 1; n < play.log().size(); n++)
            assertThat(entries(export(play.head(), play.log().subList(0, n), Given.NOON)))
                    .isEqualTo(whole.subList(0, n));
        assertThat(read(export(play)).lastHash())
                .isEqualTo(Chain.hash(whole.getLast().getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void a_long_log_is_read_page_by_page() {
        Play play = Play.begin();
        for (int i = 0; i < 120; i++)
            play = play.post(userSays("hi" + i)).then().model(says("hello"));
        ExportReader.Result result = read(export(play));
        assertThat(result.findings()).isEmpty();
        assertThat(result.summary().entries()).isEqualTo(241);
    }

    @Test
    void nobody_listening_ends_it() {
        Play play = play();
        int whole = export(play).size();
        for (int most = 0; most < whole; most++) {
            List<byte[]> lines = new ArrayList<>();
            int limit = most;
            Export export =
                    new Export(new Kept(play.log()), new NoBlobs(), line -> lines.size() < limit && lines.add(line));
            Export.Body body = export.begin(play.head(), Given.NOON);
            assertThat(body != null && body.end()).isFalse();
            assertThat(lines).hasSize(most);
        }
    }

    private static final class NoBlobs implements Blobs {
        @Override
        public String put(byte[] content) {
            throw new AssertionError("an export keeps nothing");
        }

        @Override
        public Optional<byte[]> get(String sha256) {
            throw new IllegalStateException("cannot be read");
        }
    }

    // ---- what is wrong with a file

    @Test
    void no_byte_can_change() {
        List<byte[]> lines = export(play());
        int cases = 0;
        long position = 0;
        for (int i = 0; i < lines.size(); i++) {
            byte[] line = lines.get(i);
            String text = text(line);
            boolean entry = text.startsWith("{\"line\":\"entry\"");
            if (entry) position++;
            // Contents are long; every byte of them is treated alike.
            int step = text.startsWith("{\"line\":\"content\"") ? 97 : 5;
            for (int at = i % step; at < line.length; at += step, cases++) {
                byte[] changed = line.clone();
                changed[at] ^= 1;
                List<byte[]> broken = new ArrayList<>(lines);
                broken.set(i, changed);
                List<Finding> found = read(broken).findings();
                assertThat(found).as("byte %d of %s", at, text).isNotEmpty();
                if (entry)
                    assertThat(found.getFirst().position())
                            .as("byte %d of %s: %s", at, text, found)
                            .isEqualTo(position);
            }
        }
        assertThat(cases).isGreaterThan(1000);
    }

    @Test
    void a_file_that_was_cut_off_says_so_wherever_that_was() {
        List<byte[]> lines = export(play());
        for (int n = 0; n < lines.size(); n++) {
            assertThat(read(lines.subList(0, n)).findings())
                    .as("%d lines", n)
                    .extracting(Finding::rule)
                    .contains(Rule.END);
            List<byte[]> within = new ArrayList<>(lines.subList(0, n));
            within.add(Arrays.copyOf(lines.get(n), lines.get(n).length / 2));
            assertThat(read(within).findings())
                    .as("%d lines and a half", n)
                    .extracting(Finding::rule)
                    .contains(Rule.LINE);
        }
    }

    @Test
    void no_line_can_be_left_out_doubled_or_moved() {
        List<byte[]> lines = export(play());
        for (int i = 0; i < lines.size(); i++) {
            List<byte[]> fewer = new ArrayList<>(lines);
            fewer.remove(i);
            assertThat(read(fewer).findings()).as("without line %d", i).isNotEmpty();
            boolean content = text(lines.get(i)).startsWith("{\"line\":\"content\"");
            if (content) continue;
            List<byte[]> more = new ArrayList<>(lines);
            more.add(i, lines.get(i));
            assertThat(read(more).findings()).as("line %d twice", i).isNotEmpty();
            List<byte[]> swapped = new ArrayList<>(lines);
            swapped.remove(i);
            swapped.add(i == 0 ? 1 : i - 1, lines.get(i));
            assertThat(read(swapped).findings()).as("line %d moved", i).isNotEmpty();
        }
    }

    @Test
    void two_logs_cannot_be_mixed() {
        List<byte[]> one = export(play());
        Play other = Play.begin().post(userSays("other")).then().model(says("x"));
        List<byte[]> mixed = new ArrayList<>(one);
        List<byte[]> others = export(other);
        // The first entry is the same in both; the second is not.
        mixed.set(3, others.get(2));
        assertThat(read(mixed).findings()).extracting(Finding::rule).contains(Rule.CHAIN);
    }

    @Test
    void lost_content_is_told_at_the_entry_that_needs_it() {
        Play play = play();
        kept.clear();
        assertThat(read(export(play)).findings())
                .allMatch(found -> found.rule() == Rule.CONTENT)
                .extracting(Finding::position)
                .containsExactly(2L, 5L, 8L);
    }

    @Test
    void what_only_looks_like_a_reference_is_not_filled_in() {
        String sha256 = Sha256.hex("secret");
        kept.put(sha256, Json.bytes(Given.text("another session's")));
        ToolCall call = new ToolCall(
                id("t1"),
                "toolu_t1",
                "bash",
                Json.object().put("$blob", sha256).put("bytes", 5),
                Gate.ALLOWED,
                "always_allow",
                null);
        Play play =
                Play.begin().post(userSays("hi")).then().model(replied(call)).hands();
        List<byte[]> lines = export(play);
        assertThat(read(lines).findings()).isEmpty();
        for (byte[] line : lines) assertThat(text(line)).doesNotContain("another session");
    }

    @Test
    void a_log_that_cannot_be_folded_is_exported_all_the_same() {
        Play play = play();
        List<Entry> log = new ArrayList<>(play.log());
        Entry second = log.get(1);
        log.set(1, new Entry(2, 1, second.nonce(), second.time(), List.of(new Fact.ClientAwaited(null, null, 0))));
        List<byte[]> lines = export(play.head(), log, Given.NOON);
        assertThat(entries(lines)).hasSize(log.size());
        assertThat(read(lines).findings()).isNotEmpty();
    }

    @Test
    void lines_of_a_later_release_are_told_and_passed_over() {
        List<byte[]> lines = new ArrayList<>(export(play()));
        lines.set(
                1, text(lines.get(1)).replace("session_began", "something_new").getBytes(StandardCharsets.UTF_8));
        assertThat(read(lines).findings()).first().satisfies(found -> {
            assertThat(found.rule()).isEqualTo(Rule.LINE);
            assertThat(found.message()).contains("something_new");
        });
    }

    /** Files that people keep: a file is never edited, and must be read for ever. */
    @Test
    void an_export_of_an_earlier_release_is_healthy() throws IOException {
        List<byte[]> lines = new ArrayList<>();
        try (InputStream in = ExportTest.class.getResourceAsStream("export-1.jsonl")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n"))
                lines.add(line.getBytes(StandardCharsets.UTF_8));
        }
        ExportReader.Result result = read(lines);
        assertThat(result.findings()).isEmpty();
        assertThat(result.summary().entries()).isEqualTo(7);
        assertThat(result.lastHash())
                .isEqualTo(Json.parse(text(lines.getLast())).path("last_hash").asText());
    }
}
