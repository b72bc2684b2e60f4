package io.dormouse.aws;

import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** How items are named and written. Every name here is stored, and never changes. */
final class Items {
    static final String PK = "pk";
    static final String SK = "sk";
    /** When the table may forget the item: seconds since 1970. Too coarse to read by; see {@link #ENDS_AT}. */
    static final String EXPIRES = "expires";
    /** When readers no longer see the item: nanoseconds since 1970. */
    static final String ENDS_AT = "endsAt";

    static final String NONCE = "nonce";
    static final String VERSION = "version";
    /** Shard of the index {@link #OWING}; only on heads that owe. */
    static final String OWES = "owes";
    /** Since when it owes, or when a parked one is due; never later than the head itself is: nanoseconds since 1970. */
    static final String OWED_AT = "owedAt";
    /** Only on heads that somebody should wake now: what the stream's consumer filters by. */
    static final String READY = "ready";
    /** How the partition key of a thread's items begins. */
    static final String THREAD = "T#";
    /** Place in the index {@link #LISTING}: creation time and id. Only on documents. */
    static final String LISTED = "listed";

    static final String ARCHIVED = "archived";

    /** Index of heads that owe. */
    static final String OWING = "owing";
    /** Index of documents by creation time. */
    static final String LISTING = "listing";

    /** Begins the name of what streams in while a reply is made; behind it the time, and a number. */
    static final String LIVE = "LIVE#";
    /** Behind all of them. */
    static final String LIVE_END = "LIVE$";
    /** There while somebody wants to know what streams in. */
    static final String WATCH = "WATCH";

    private static final int NANO_DIGITS = 19;
    private static final long MAX_POSITION = 999_999_999_999L;

    private Items() {}

    static AttributeValue s(String text) {
        return AttributeValue.fromS(text);
    }

    static AttributeValue n(long number) {
        return AttributeValue.fromN(Long.toString(number));
    }

    static AttributeValue b(byte[] bytes) {
        return AttributeValue.fromB(SdkBytes.fromByteArray(bytes));
    }

    static Map<String, AttributeValue> key(String pk, String sk) {
        return Map.of(PK, s(pk), SK, s(sk));
    }

    static Map<String, AttributeValue> keyOf(Map<String, AttributeValue> item) {
        return Map.of(PK, item.get(PK), SK, item.get(SK));
    }

    /** Key and attributes as one item. */
    @SafeVarargs
    static Map<String, AttributeValue> item(Map<String, AttributeValue>... parts) {
        Map<String, AttributeValue> item = new HashMap<>();
        for (Map<String, AttributeValue> part : parts) item.putAll(part);
        return item;
    }

    static String thread(ThreadId thread) {
        return THREAD + thread.text();
    }

    static ThreadId thread(Map<String, AttributeValue> item) {
        return new ThreadId(item.get(PK).s().substring(2));
    }

    static String entry(long position) {
        return "E#%012d".formatted(Math.min(position, MAX_POSITION));
    }

    /** A workspace's name has no {@code #} in it. */
    static String shelf(WorkspaceId workspace, String kind) {
        return "W#" + workspace.text() + "#" + kind;
    }

    static String listed(Instant created, String id) {
        return digits(created) + "#" + id;
    }

    /** Of one width, so that texts are in the order of times. */
    static String digits(Instant time) {
        String number = Long.toString(Math.max(0, nanos(time)));
        return "0".repeat(NANO_DIGITS - number.length()) + number;
    }

    /** Times beyond the years 1677 to 2262 become the first and last number: they only occur as bounds. */
    static long nanos(Instant time) {
        try {
            return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
        } catch (ArithmeticException e) {
            return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    static long number(Map<String, AttributeValue> item, String name) {
        return Long.parseLong(item.get(name).n());
    }

    static String textOrNull(Map<String, AttributeValue> item, String name) {
        return item.containsKey(name) ? item.get(name).s() : null;
    }

    /**
     * What the service charges for: names and values in UTF-8, numbers by two digits a byte and one, containers three bytes
     * and one for each element (Developer Guide, "DynamoDB item sizes and formats").
     */
    static long sizeBytes(Map<String, AttributeValue> item) {
        long size = 0;
        for (Map.Entry<String, AttributeValue> attribute : item.entrySet())
            size += utf8(attribute.getKey()) + sizeBytes(attribute.getValue());
        return size;
    }

    private static long sizeBytes(AttributeValue value) {
        return switch (value.type()) {
            case S -> utf8(value.s());
            case N -> number(value.n());
            case B -> value.b().asByteArrayUnsafe().length;
            case BOOL, NUL -> 1;
            case SS -> value.ss().stream().mapToLong(Items::utf8).sum();
            case NS -> value.ns().stream().mapToLong(Items::number).sum();
            case BS ->
                value.bs().stream().mapToLong(b -> b.asByteArrayUnsafe().length).sum();
            case L -> 3 + value.l().stream().mapToLong(v -> 1 + sizeBytes(v)).sum();
            case M -> 3 + value.m().size() + sizeBytes(value.m());
            case UNKNOWN_TO_SDK_VERSION -> throw new IllegalArgumentException("a value of an unknown type");
        };
    }

    private static long number(String digits) {
        String significant = digits.replaceAll("[-+.]", "").replaceAll("^0+|0+$", "");
        return (significant.length() + 1) / 2 + 1 + (digits.startsWith("-") ? 1 : 0);
    }

    private static long utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
