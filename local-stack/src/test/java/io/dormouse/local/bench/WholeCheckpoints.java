package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * What a saver of whole checkpoints writes for the same turns, by the pattern of the DynamoDB saver in langgraph-checkpoint-aws:
 * a checkpoint is one item about it and one with all of it, all messages so far included; a pending write is two small items.
 * A turn of message, call, result and reply makes 5 checkpoints and 7 pending writes, 24 items; with durability {@code exit} it
 * makes 1 checkpoint. A model of that saver, not the saver.
 */
final class WholeCheckpoints {
    /** Of the item about a checkpoint, or about a write: keys, ids, source, step, parents. */
    private static final int ABOUT_BYTES = 400;
    /** Of a checkpoint without its messages: versions of its channels, and who has seen them. */
    private static final int FRAME_BYTES = 600;
    /** Of a pending write beside its value. */
    private static final int WRITE_BYTES = 300;
    /** An item of the table has no more. */
    private static final long MAX_ITEM_BYTES = 400 * 1024;

    private static final int UNIT_BYTES = 1024;

    /** @param exit one checkpoint a turn, at its end */
    record Mode(String name, boolean exit, boolean gzip, String loses) {}

    static final List<Mode> MODES = List.of(
            new Mode("default", false, false, "nothing: each step is saved"),
            new Mode("exit", true, false, "a crash loses the turn: its model calls and tools run again"),
            new Mode("default, gzip", false, true, "nothing; all of the history is compressed five times a turn"),
            new Mode("exit, gzip", true, true, "a crash loses the turn; all of the history is compressed once a turn"));

    /** @param largestBytes of one item; more than 400 KB does not fit in the table at all */
    record Cost(long writes, long writeUnits, long bytes, long largestBytes) {
        Cost plus(Cost more) {
            return new Cost(
                    writes + more.writes,
                    writeUnits + more.writeUnits,
                    bytes + more.bytes,
                    Math.max(largestBytes, more.largestBytes));
        }

        boolean fits() {
            return largestBytes <= MAX_ITEM_BYTES;
        }
    }

    /** Of the messages, as they are kept, after each message. */
    private final List<Integer> sizes = new ArrayList<>(List.of(0));

    private final StringBuilder messages = new StringBuilder();

    /** Compressed sizes of the first so many messages: measured at some numbers, straight between them. */
    private final TreeMap<Integer, Integer> compressed = new TreeMap<>();

    /** A turn's four messages. */
    void turn(String user, String text, String command, String result, String reply) {
        add("HumanMessage", user, null);
        add("AIMessage", text, command);
        add("ToolMessage", result, null);
        add("AIMessage", reply, null);
    }

    private void add(String type, String content, String command) {
        ObjectNode message = Json.object().put("lc", 1).put("type", "constructor");
        ArrayNode id = message.putArray("id");
        id.add("langchain_core").add("messages").add(type);
        ObjectNode kwargs = message.putObject("kwargs").put("content", content);
        kwargs.put(
                "id",
                "run-%08x-4f1c-4e37-9c55-5d2c6d8f1a%02x".formatted(sizes.size() * 2_654_435_761L, sizes.size() % 256));
        kwargs.putObject("additional_kwargs");
        kwargs.putObject("response_metadata");
        if (command != null) {
            ObjectNode call = kwargs.putArray("tool_calls").addObject().put("name", "bash");
            call.put("id", "toolu_" + sizes.size())
                    .put("type", "tool_call")
                    .putObject("args")
                    .put("command", command);
        }
        messages.append(Json.text(message)).append(',');
        sizes.add(messages.length());
    }

    int turns() {
        return sizes.size() / 4;
    }

    Cost turn(int turn, Mode mode) {
        int before = 4 * (turn - 1);
        Cost cost = new Cost(0, 0, 0, 0);
        if (mode.exit()) return cost.plus(checkpoint(before + 4, mode));
        // Of the input, of each step, and at the end.
        for (int count : new int[] {before, before + 1, before + 2, before + 3, before + 4})
            cost = cost.plus(checkpoint(count, mode));
        // Each message as the write of its step, and the three branches between them.
        for (int i = 1; i <= 4; i++)
            cost = cost.plus(items(size(before + i, false) - size(before + i - 1, false) + WRITE_BYTES));
        for (int i = 0; i < 3; i++) cost = cost.plus(items(WRITE_BYTES));
        return cost;
    }

    private Cost checkpoint(int count, Mode mode) {
        return items(FRAME_BYTES + size(count, mode.gzip()));
    }

    private static Cost items(long payload) {
        return new Cost(2, units(ABOUT_BYTES) + units(payload), ABOUT_BYTES + payload, payload);
    }

    private static long units(long bytes) {
        return Math.ceilDiv(bytes, UNIT_BYTES);
    }

    private long size(int count, boolean gzip) {
        if (!gzip) return sizes.get(count);
        if (compressed.isEmpty())
            for (int at = 1; at < 2 * sizes.size(); at *= 2) {
                int measured = Math.min(at, sizes.size() - 1);
                compressed.put(measured, gzip(messages.substring(0, sizes.get(measured))));
            }
        Map.Entry<Integer, Integer> low = compressed.floorEntry(count);
        Map.Entry<Integer, Integer> high = compressed.ceilingEntry(count);
        if (low == null) return 0;
        if (low.getKey().equals(high.getKey())) return low.getValue();
        double share = (double) (count - low.getKey()) / (high.getKey() - low.getKey());
        return Math.round(low.getValue() + share * (high.getValue() - low.getValue()));
    }

    private static int gzip(String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.size();
    }
}
