package io.dormouse.aws;

import static io.dormouse.aws.Items.item;
import static io.dormouse.aws.Items.key;
import static io.dormouse.aws.Items.n;
import static io.dormouse.aws.Items.s;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.wire.Feed;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/**
 * A feed between processes that know nothing of each other. That a log may have grown is news at every tick. Deltas go through
 * the table, as small items of a fifth of a second each, and only while an item says that somebody wants them; the table
 * forgets both by itself. What fails is left out: the log has it all in the end.
 */
public final class DynamoFeed implements Feed {
    private static final System.Logger LOG = System.getLogger("io.dormouse.aws");
    private static final Duration TICK = Duration.ofMillis(250);
    private static final Duration GATHERED = Duration.ofMillis(200);
    /** What is gathered, before the item would be too large. */
    private static final int MOST_DELTAS = 1_000;
    /** A watch says so again in half of this. */
    private static final Duration WATCHED = Duration.ofSeconds(30);
    /** Nobody reads what is so old. The table takes its time. */
    private static final Duration KEPT = Duration.ofMinutes(5);

    private static final String EVENTS = "events";

    private final Table table;
    private final InstantSource clock;
    private final Map<ThreadId, Gathering> gatherings = new ConcurrentHashMap<>();
    /** Of what this process has told: milliseconds since 1970, but never the same twice. */
    private final AtomicLong last = new AtomicLong();

    public DynamoFeed(Table table, InstantSource clock) {
        this.table = table;
        this.clock = clock;
    }

    /** Whoever follows a log sees it at the next tick. */
    @Override
    public void appended(ThreadId thread) {}

    @Override
    public boolean watched(ThreadId thread) {
        return tried("who watches is not known", false, () -> {
            Map<String, AttributeValue> watch = table.client()
                    .getItem(get -> get.tableName(table.name())
                            .key(key(Items.thread(thread), Items.WATCH))
                            .consistentRead(true))
                    .item();
            return !watch.isEmpty() && Items.number(watch, Items.ENDS_AT) > Items.nanos(clock.instant());
        });
    }

    @Override
    public void delta(ThreadId thread, ObjectNode event) {
        gatherings.computeIfAbsent(thread, Gathering::new).add(event);
    }

    @Override
    public void flush(ThreadId thread) {
        Gathering gathering = gatherings.remove(thread);
        if (gathering != null) gathering.write();
    }

    @Override
    public Watch watch(ThreadId thread, boolean deltas) {
        return new Ticks(deltas ? new Deltas(thread) : null);
    }

    /** Deltas that are told together. */
    private final class Gathering {
        private final ThreadId thread;
        private ArrayNode events = Json.MAPPER.createArrayNode();

        Gathering(ThreadId thread) {
            this.thread = thread;
        }

        void add(ObjectNode event) {
            boolean full;
            synchronized (this) {
                events.add(event);
                if (events.size() == 1) Thread.ofVirtual().name("deltas").start(this::writeSoon);
                full = events.size() >= MOST_DELTAS;
            }
            if (full) write();
        }

        private void writeSoon() {
            try {
                TimeUnit.NANOSECONDS.sleep(GATHERED.toNanos());
                write();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        /** One at a time, so that they are found in their order. */
        synchronized void write() {
            if (events.isEmpty()) return;
            ArrayNode told = events;
            events = Json.MAPPER.createArrayNode();
            Instant now = clock.instant();
            long number = last.updateAndGet(before -> Math.max(before + 1, now.toEpochMilli()));
            tried("deltas are lost", null, () -> table.client().putItem(put -> put.tableName(table.name())
                    .item(item(
                            key(Items.thread(thread), Items.LIVE + "%015d".formatted(number)),
                            Map.of(EVENTS, s(Json.text(told)), Items.EXPIRES, expires(now.plus(KEPT)))))));
        }
    }

    /** What streams in of a thread, from now on. */
    private final class Deltas {
        private final ThreadId thread;
        private final ArrayDeque<ObjectNode> waiting = new ArrayDeque<>();
        private String after = Items.LIVE;
        /** When to say again that somebody watches. */
        private Instant due = Instant.MIN;

        Deltas(ThreadId thread) {
            this.thread = thread;
            want();
            tried("where the deltas are is not known", null, () -> {
                table.client()
                        .query(from(Items.LIVE)
                                .consistentRead(true)
                                .projectionExpression("sk")
                                .scanIndexForward(false)
                                .limit(1)
                                .build())
                        .items()
                        .forEach(item -> after = item.get(Items.SK).s());
                return null;
            });
        }

        private void want() {
            Instant now = clock.instant();
            if (now.isBefore(due)) return;
            due = now.plus(WATCHED.dividedBy(2));
            Instant end = now.plus(WATCHED);
            tried("nobody is told that somebody watches", null, () -> table.client()
                    .putItem(put -> put.tableName(table.name())
                            .item(item(
                                    key(Items.thread(thread), Items.WATCH),
                                    Map.of(Items.ENDS_AT, n(Items.nanos(end)), Items.EXPIRES, expires(end))))));
        }

        void look() {
            want();
            tried("deltas are not read", null, () -> {
                table.client().query(from(after + "!").build()).items().forEach(this::take);
                return null;
            });
        }

        private void take(Map<String, AttributeValue> item) {
            after = item.get(Items.SK).s();
            for (JsonNode event : Json.parse(item.get(EVENTS).s())) waiting.add((ObjectNode) event);
        }

        private QueryRequest.Builder from(String first) {
            return table.between(Items.thread(thread), first, Items.LIVE_END);
        }
    }

    /** All who follow in this process hear of the same tick, and share one look at the log. */
    private static final class Ticks implements Watch {
        private static final long BEGINNING = System.nanoTime();

        /** Null for who does not want them. */
        private final Deltas deltas;

        private long quietSince = System.nanoTime();
        /** A tick whose deltas are told first; 0 for none. */
        private long ticked;

        Ticks(Deltas deltas) {
            this.deltas = deltas;
        }

        /** A tick, or nothing once in every {@code timeout}, so that whoever follows can show life. */
        @Override
        public News next(Duration timeout) throws InterruptedException {
            if (ticked == 0) {
                long now = System.nanoTime();
                if (now - quietSince >= timeout.toNanos()) {
                    quietSince = now;
                    return new News.Nothing();
                }
                ticked = tick(now);
                if (deltas != null) deltas.look();
            }
            ObjectNode delta = deltas == null ? null : deltas.waiting.poll();
            if (delta != null) return new News.Delta(delta);
            News news = new News.Passed(ticked);
            ticked = 0;
            return news;
        }

        /** Waits for the next one. */
        private static long tick(long now) throws InterruptedException {
            long tick = (now - BEGINNING) / TICK.toNanos() + 1;
            TimeUnit.NANOSECONDS.sleep(BEGINNING + tick * TICK.toNanos() - now);
            return tick;
        }

        @Override
        public void close() {}
    }

    private interface Attempt<T> {
        T run();
    }

    private static <T> T tried(String otherwise, T left, Attempt<T> attempt) {
        try {
            return attempt.run();
        } catch (SdkException e) {
            LOG.log(System.Logger.Level.WARNING, otherwise, e);
            return left;
        }
    }

    private static AttributeValue expires(Instant end) {
        return n(end.getEpochSecond());
    }
}
