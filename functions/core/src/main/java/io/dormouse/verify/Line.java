package io.dormouse.verify;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.head.Snapshot;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Posted;
import io.dormouse.session.Usage;
import java.time.Instant;
import java.util.List;

/**
 * A line of an export. The names are stored in files that people keep: they are never changed. Hashes are SHA-256, 64
 * hexadecimal digits.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "line")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Line.Header.class, name = "header"),
    @JsonSubTypes.Type(value = Line.Content.class, name = "content"),
    @JsonSubTypes.Type(value = Line.Told.class, name = "entry"),
    @JsonSubTypes.Type(value = Line.Trailer.class, name = "trailer"),
})
sealed interface Line {
    String FORMAT = "dormouse.session-log/1";

    /**
     * The first line.
     *
     * @param base the position before the first entry; 0
     * @param head what the head knew before the log was read
     */
    record Header(
            String format,
            SessionId session,
            ThreadId thread,
            WorkspaceId workspace,
            @JsonProperty("exported_at") Instant exportedAt,
            long base,
            Known head)
            implements Line {}

    /**
     * @param nextSeq inputs with numbers below this were accepted
     * @param archivedAt null while the session is live
     */
    record Known(
            long version,
            @JsonProperty("next_seq") long nextSeq,
            Snapshot snapshot,
            @JsonProperty("archived_at") Instant archivedAt) {}

    /**
     * Large content, before the first line that refers to it.
     *
     * @param sha256 of the content as compact JSON: what the line that comes calls {@code $blob}
     * @param content null when the store has lost it
     */
    record Content(String sha256, JsonNode content) implements Line {}

    /**
     * An entry.
     *
     * @param facts as they are stored
     * @param prev the hash of the entry before; of the first one, {@link Chain#beginning}
     * @param hash of this line, see {@link Chain}
     */
    record Told(long position, long epoch, String nonce, Instant time, List<Fact> facts, String prev, String hash)
            implements Line {
        static Told of(Entry entry, String prev) {
            return new Told(entry.position(), entry.epoch(), entry.nonce(), entry.time(), entry.facts(), prev, null);
        }

        Entry entry() {
            return new Entry(position, epoch, nonce, time, facts);
        }
    }

    /**
     * The last line: without it an export is cut off.
     *
     * @param header the SHA-256 of the first line
     * @param entries how many there are
     * @param lastHash of the last entry: whoever keeps it can prove the whole log later
     * @param usage the total
     * @param status of the session, as the wire API tells it
     * @param snapshot the fold of the entries
     * @param waiting inputs that were accepted before the log was read, and are not in it
     * @param hash of this line, see {@link Chain}
     */
    record Trailer(
            String header,
            long entries,
            @JsonProperty("last_hash") String lastHash,
            Usage usage,
            String status,
            Snapshot snapshot,
            List<Posted> waiting,
            String hash)
            implements Line {}
}
