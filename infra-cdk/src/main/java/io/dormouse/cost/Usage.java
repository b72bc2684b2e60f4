package io.dormouse.cost;

import java.util.List;

/** What turns and an idle month use. Counted where something counts it, and assumed where nothing can yet. */
final class Usage {
    /**
     * A turn in the table, from the post to the rest.
     *
     * @param writes requests that write
     */
    record Meter(double writeUnits, double readUnits, int writes, int requests) {}

    /** As {@code TurnCostTest} of functions/aws asserts them; a test here reads them there. */
    static final Meter PLAIN = new Meter(7, 3, 5, 8);

    static final Meter TOOL = new Meter(10, 5, 7, 12);

    /** A heartbeat is one write of one unit. */
    static final int SECONDS_A_BEAT = 2;

    // ---- assumed, to be measured at a first deployment

    static final double PLAIN_SECONDS = 8;
    static final double TOOL_SECONDS = 20;
    static final double HARNESS_GB = 0.5;
    static final double API_GB = 0.5;
    static final double KEY_CHECK_GB = 0.25;
    static final double KEY_CHECK_SECONDS = 0.015;
    static final double POST_SECONDS = 0.05;
    /** The second wake, by the table's stream, which finds that there is nothing to do. */
    static final double STREAM_WAKE_SECONDS = 0.02;

    static final double LOG_KB_AN_INVOCATION = 1;
    static final double ACCESS_LOG_KB = 0.4;
    /** A stream that is read along looks four times for what is new. */
    static final double TAIL_READ_UNITS_A_SECOND = 4;
    /**
     * It goes on after the turn, whether or not its client has gone: {@code streamRestSeconds}, and half a look of the four it
     * takes at whether they are over.
     */
    static final double STREAM_REST_SECONDS = 22.5;
    /** And for deltas, if it wants them. */
    static final double DELTA_READ_UNITS_A_SECOND = 2;
    /** While a reply streams to somebody who wants deltas. */
    static final double DELTA_WRITES_A_SECOND = 5;

    static final double SWEEP_SECONDS = 0.1;
    /** Four shards of an index, eventually consistent, nothing in them. */
    static final double SWEEP_READ_UNITS = 2;

    static final double IMAGE_GB = 0.3;
    static final double ZIPS_GB = 0.1;
    static final double HAND_VCPU = 0.5;
    static final double HAND_GB = 1;

    /** What a hand of half a processor packs, in bytes that go up; and how many parts a GB goes up in. */
    static final double SAVED_MB_A_SECOND = 20;

    static final double PARTS_A_GB = 1000 / 8.4;

    static final double HOURS_A_MONTH = 730;
    static final double MINUTES_A_MONTH = HOURS_A_MONTH * 60;

    /** So much of something that has a price. */
    record Part(String what, String item, double amount) {
        double usd(Prices prices) {
            return prices.of(item, amount);
        }
    }

    private Usage() {}

    /** One turn of so many seconds, posted by a client that reads along. Without the model, and without the hand. */
    static List<Part> turn(Meter meter, double seconds) {
        double invocations = 2 + 2 + 2;
        return List.of(
                new Part("table, writes", "dynamodb.write_units", meter.writeUnits()),
                new Part("table, heartbeats", "dynamodb.write_units", seconds / SECONDS_A_BEAT),
                new Part("table, reads", "dynamodb.read_units", meter.readUnits() + 2),
                new Part(
                        "table, reading along",
                        "dynamodb.read_units",
                        (seconds + STREAM_REST_SECONDS) * TAIL_READ_UNITS_A_SECOND),
                new Part("harness", "lambda.gb_seconds", HARNESS_GB * (seconds + STREAM_WAKE_SECONDS)),
                new Part("API, the post", "lambda.gb_seconds", API_GB * POST_SECONDS),
                new Part("API, reading along", "lambda.gb_seconds", API_GB * (seconds + STREAM_REST_SECONDS)),
                new Part("key check", "lambda.gb_seconds", 2 * KEY_CHECK_GB * KEY_CHECK_SECONDS),
                new Part("invocations", "lambda.requests", invocations),
                new Part("API Gateway", "apigateway.requests", 2),
                new Part("logs", "logs.gb", (invocations * LOG_KB_AN_INVOCATION + 2 * ACCESS_LOG_KB) / 1e6));
    }

    /** What streams to somebody who wants deltas, for so many seconds. */
    static List<Part> deltas(double seconds) {
        return List.of(
                new Part("deltas, writes", "dynamodb.write_units", seconds * DELTA_WRITES_A_SECOND),
                new Part("deltas, reads", "dynamodb.read_units", seconds * DELTA_READ_UNITS_A_SECOND));
    }

    /** An hour in which one turn with tools follows the other, and nobody reads along. */
    static List<Part> runningHour() {
        double turns = 3600 / TOOL_SECONDS;
        double invocations = turns * 4;
        return List.of(
                new Part("harness", "lambda.gb_seconds", HARNESS_GB * (3600 + turns * STREAM_WAKE_SECONDS)),
                new Part("heartbeats", "dynamodb.write_units", 3600.0 / SECONDS_A_BEAT),
                new Part("writes", "dynamodb.write_units", turns * TOOL.writeUnits()),
                new Part("reads", "dynamodb.read_units", turns * (TOOL.readUnits() + 1)),
                new Part(
                        "posts",
                        "lambda.gb_seconds",
                        turns * (API_GB * POST_SECONDS + KEY_CHECK_GB * KEY_CHECK_SECONDS)),
                new Part("invocations", "lambda.requests", invocations),
                new Part("API Gateway", "apigateway.requests", turns),
                new Part("logs", "logs.gb", (invocations * LOG_KB_AN_INVOCATION + turns * ACCESS_LOG_KB) / 1e6));
    }

    static List<Part> readingAlongHour() {
        return List.of(
                new Part("API", "lambda.gb_seconds", API_GB * 3600),
                new Part("table", "dynamodb.read_units", 3600 * TAIL_READ_UNITS_A_SECOND));
    }

    static List<Part> handHour() {
        return List.of(
                new Part("processor", "fargate.vcpu_hours", HAND_VCPU),
                new Part("memory", "fargate.gb_hours", HAND_GB));
    }

    /** A hand that rests with so many packed GB: it packs, the harness carries, and what was there before stays for a day. */
    static List<Part> rest(double packedGb) {
        double seconds = packedGb * 1000 / SAVED_MB_A_SECOND;
        return List.of(
                new Part("processor", "fargate.vcpu_hours", HAND_VCPU * seconds / 3600),
                new Part("memory", "fargate.gb_hours", HAND_GB * seconds / 3600),
                new Part("harness", "lambda.gb_seconds", HARNESS_GB * seconds),
                new Part("parts", "s3.writes", packedGb * PARTS_A_GB + 2),
                new Part("the one before, for a day", "s3.gb_months", packedGb * 24 / HOURS_A_MONTH),
                new Part("the record, three times", "dynamodb.write_units", 2 * 3));
    }

    /**
     * What a template has that costs while nothing happens.
     *
     * @param endpoints interface endpoints, each counted in each of its zones
     * @param names in lists of the DNS firewall
     * @param spares tasks of the warm pool
     */
    record Standing(int alarms, int dashboards, int endpoints, int natGateways, int names, boolean image, int spares) {}

    static List<Part> sweepMonth() {
        return List.of(
                new Part("sweep, schedule", "scheduler.invocations", MINUTES_A_MONTH),
                new Part("sweep, invocations", "lambda.requests", MINUTES_A_MONTH),
                new Part("sweep, time", "lambda.gb_seconds", MINUTES_A_MONTH * SWEEP_SECONDS * HARNESS_GB));
    }

    /** What CloudWatch, the scheduler and Lambda give every account, always, and this alone does not use up. */
    static List<Part> allowed(Standing standing) {
        return java.util.stream.Stream.concat(
                        sweepMonth().stream(),
                        List.of(
                                new Part("alarms", "cloudwatch.alarms", Math.min(10, standing.alarms())),
                                new Part("dashboard", "cloudwatch.dashboards", Math.min(3, standing.dashboards())))
                                .stream())
                .toList();
    }

    static List<Part> idleMonth(Standing standing) {
        return java.util.stream.Stream.concat(
                        sweepMonth().stream(),
                        List.of(
                                new Part("sweep, reads", "dynamodb.read_units", MINUTES_A_MONTH * SWEEP_READ_UNITS),
                                new Part("alarms", "cloudwatch.alarms", standing.alarms()),
                                new Part("dashboard", "cloudwatch.dashboards", standing.dashboards()),
                                new Part("names of the DNS firewall", "resolver.domains", standing.names()),
                                new Part("zips of the functions", "s3.gb_months", ZIPS_GB),
                                new Part("the sandbox's image", "ecr.gb_months", standing.image() ? IMAGE_GB : 0),
                                new Part("endpoints", "vpc.endpoint_hours", standing.endpoints() * HOURS_A_MONTH),
                                new Part("NAT", "vpc.nat_hours", standing.natGateways() * HOURS_A_MONTH),
                                new Part("NAT's address", "vpc.ipv4_hours", standing.natGateways() * HOURS_A_MONTH),
                                new Part(
                                        "spare hands, processor",
                                        "fargate.vcpu_hours",
                                        standing.spares() * HAND_VCPU * HOURS_A_MONTH),
                                new Part(
                                        "spare hands, memory",
                                        "fargate.gb_hours",
                                        standing.spares() * HAND_GB * HOURS_A_MONTH),
                                // Places and claims, read strongly by each sweep.
                                new Part(
                                        "spare hands, reads",
                                        "dynamodb.read_units",
                                        standing.spares() > 0 ? 2 * MINUTES_A_MONTH : 0))
                                .stream())
                .toList();
    }

    static double usd(List<Part> parts, Prices prices) {
        return parts.stream().mapToDouble(part -> part.usd(prices)).sum();
    }
}
