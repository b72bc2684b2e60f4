package io.dormouse.cost;

import io.dormouse.cost.Usage.Part;
import io.dormouse.cost.Usage.Standing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes {@code infra-cdk/COST.md}. A test says when it has to be written again. */
public final class CostPage {
    /** Of the hosted product: dollars for an hour in which a session runs. */
    private static final double HOSTED_HOUR = 0.08;

    /** By the parameters that make them; a test counts them in the templates. */
    static final Map<String, Standing> MODES = new LinkedHashMap<>();

    static {
        MODES.put("hands=none", new Standing(10, 1, 0, 0, 7, false, 0));
        MODES.put("network=dualstack", new Standing(10, 1, 2, 0, 10, true, 0));
        MODES.put("handZones=2", new Standing(10, 1, 4, 0, 10, true, 0));
        MODES.put("model=bedrock-runtime", new Standing(10, 1, 4, 0, 10, true, 0));
        MODES.put("warmPool=1", new Standing(10, 1, 2, 0, 10, true, 1));
        MODES.put("network=nat", new Standing(10, 1, 2, 1, 10, true, 0));
    }

    private final Prices prices;
    private final StringBuilder page = new StringBuilder();

    private CostPage(Prices prices) {
        this.prices = prices;
    }

    public static void main(String[] arguments) throws IOException {
        Files.writeString(Path.of(arguments.length > 0 ? arguments[0] : "COST.md"), text());
    }

    static String text() {
        return new CostPage(Prices.published()).write();
    }

    private String write() {
        line("# What it costs");
        line("");
        line(
                "Computed by `io.dormouse.cost.CostPage`; `CostPageTest` says when this page is old. Prices are those of AWS");
        line(
                "for %s, as the table at the end has them since %s: from memory and third parties' pages, not from AWS: **check them**. Nothing",
                prices.region(), prices.asOf());
        line("here was measured on a bill. Tokens are not in it: the model's provider charges them.");
        turns();
        hour();
        idle();
        assumptions();
        table();
        return page.toString();
    }

    private void turns() {
        line("");
        line("## 1,000 turns");
        line("");
        line(
                "A client posts a message and reads along until the session is idle. The table's part is what the meter counts");
        line(
                "(`TurnCostTest`): a plain turn is %d writes, %s write and %s read units; one with a tool call %d, %s and %s. Whatever the history.",
                Usage.PLAIN.writes(),
                units(Usage.PLAIN.writeUnits()),
                units(Usage.PLAIN.readUnits()),
                Usage.TOOL.writes(),
                units(Usage.TOOL.writeUnits()),
                units(Usage.TOOL.readUnits()));
        line("");
        List<Part> plain = Usage.turn(Usage.PLAIN, Usage.PLAIN_SECONDS);
        List<Part> tool = Usage.turn(Usage.TOOL, Usage.TOOL_SECONDS);
        line("| | plain, %s s | with a tool, %s s |", units(Usage.PLAIN_SECONDS), units(Usage.TOOL_SECONDS));
        line("|---|---:|---:|");
        for (int i = 0; i < plain.size(); i++)
            line(
                    "| %s | %s | %s |",
                    plain.get(i).what(),
                    usd(1000 * plain.get(i).usd(prices), 4),
                    usd(1000 * tool.get(i).usd(prices), 4));
        line(
                "| **together** | **%s** | **%s** |",
                usd(1000 * Usage.usd(plain, prices), 2), usd(1000 * Usage.usd(tool, prices), 2));
        line("");
        line(
                "Most of it is waiting: the harness waits for the model, and so does the function that the client reads along by. Lambda");
        line(
                "does not tell that function when its client has gone, and bills on: so a stream of an idle session ends by itself, %s s",
                units(Usage.STREAM_REST_SECONDS));
        line(
                "after the last event in the mean (`streamRestSeconds`), which is in here. Several turns in a row share that end.");
        line("A client that asks for events now and then, instead of reading along, saves all of it. A hand is below.");
        line(
                "With `event_deltas` a reply that streams for %s s adds %s to 1,000 turns.",
                units(Usage.PLAIN_SECONDS), usd(1000 * Usage.usd(Usage.deltas(Usage.PLAIN_SECONDS), prices), 4));
    }

    private void hour() {
        double running = Usage.usd(Usage.runningHour(), prices);
        double along = Usage.usd(Usage.readingAlongHour(), prices);
        double hand = Usage.usd(Usage.handHour(), prices);
        line("");
        line("## An hour in which a session runs");
        line("");
        line(
                "Turn after turn with tools. The hosted product takes %s for such an hour, beside the tokens.",
                usd(HOSTED_HOUR, 2));
        line("");
        line("| | an hour | so far |");
        line("|---|---:|---:|");
        line("| the session runs, nobody reads along, no sandbox | %s | %s |", usd(running, 4), usd(running, 4));
        line("| somebody reads along all the time | %s | %s |", usd(along, 4), usd(running + along, 4));
        line(
                "| a hand is up all the time (%s vCPU, %s GB) | %s | **%s** |",
                units(Usage.HAND_VCPU), units(Usage.HAND_GB), usd(hand, 4), usd(running + along + hand, 4));
        line("");
        line(
                "Alone it is %s the hosted price, with a reader %s it, with a hand as well %s it. Waiting for a model is billed by the",
                than(running), than(running + along), than(running + along + hand));
        line(
                "memory that waits: `harnessMemory` and `apiMemory` are what to turn. A hand is up from its first command until 15 minutes");
        line("after its last turn (`handIdleSeconds`), also between turns.");
        line("");
        line(
                "Then its files go into the bucket, packed, until it is used again: %s for each packed GB and rest, and %s a month for",
                usd(Usage.usd(Usage.rest(1), prices), 4), usd(prices.of("s3.gb_months", 1), 3));
        line(
                "each while it rests. A hand that stays up instead costs as much as a month of that in %s minutes.",
                units(Math.round(60 * prices.of("s3.gb_months", 1) / hand)));
    }

    private static String than(double dollars) {
        return String.format(Locale.ROOT, "%.0f %% of", 100 * dollars / HOSTED_HOUR);
    }

    private void idle() {
        line("");
        line("## A month in which nothing happens");
        line("");
        line(
                "Every account has ten alarms, three dashboards, 14 million schedules, a million requests and 400,000 GB-seconds of Lambda");
        line("a month free, always. Who has used them up already, pays the list price.");
        line("");
        line(
                "| parameters | list price | with these allowances | of which interface endpoints | of which NAT | of which spare hands |");
        line("|---|---:|---:|---:|---:|---:|");
        MODES.forEach((mode, standing) -> {
            List<Part> month = Usage.idleMonth(standing);
            double list = Usage.usd(month, prices);
            line(
                    "| `%s`%s | %s | **%s** | %s | %s | %s |",
                    mode,
                    mode.equals("network=dualstack") ? " (the default)" : "",
                    usd(list, 2),
                    usd(list - Usage.usd(Usage.allowed(standing), prices), 2),
                    usd(part(month, "endpoints"), 2),
                    usd(part(month, "NAT") + part(month, "NAT's address"), 2),
                    usd(spares(month), 2));
        });
        line("");
        Standing preset = MODES.get("network=dualstack");
        List<Part> month = Usage.idleMonth(preset);
        double without = Usage.usd(month, prices) - Usage.usd(Usage.allowed(preset), prices) - part(month, "endpoints");
        line(
                "The default without its sealed endpoints is **%s** a month: %s for reads of the sweep, %s for the sandbox's image in ECR, the",
                usd(without, 2), usd(part(month, "sweep, reads"), 3), usd(part(month, "the sandbox's image"), 2));
        line(
                "rest for names and zips. The endpoints (two, %s a month each and zone) are what lets Fargate pull an image in subnets",
                usd(prices.of("vpc.endpoint_hours", Usage.HOURS_A_MONTH), 2));
        line(
                "without a route; `hands=none` does without them, and without sandboxes. `dashboard=false` does without the page.");
        line("");
        double spare = spares(Usage.idleMonth(MODES.get("warmPool=1")));
        line(
                "Each place of the warm pool is a task that runs all day: **%s** a month at %s vCPU and %s GB, used or not, and in proportion for",
                usd(spare, 2), units(Usage.HAND_VCPU), units(Usage.HAND_GB));
        line("larger ones. Without one a first command waits some 24 s for its sandbox.");
        line("");
        line(
                "What grows with use: each vault is a secret (%s a month); each GB that is remembered %s a month in the table and %s more",
                usd(prices.of("secrets.months", 1), 2),
                usd(prices.of("dynamodb.gb_months", 1), 2),
                usd(prices.of("dynamodb.pitr_gb_months", 1), 2));
        line("for its recovery, or %s in the bucket.", usd(prices.of("s3.gb_months", 1), 3));
    }

    private double spares(List<Part> month) {
        return part(month, "spare hands, processor") + part(month, "spare hands, memory");
    }

    private double part(List<Part> parts, String what) {
        return parts.stream()
                .filter(p -> p.what().equals(what))
                .mapToDouble(p -> p.usd(prices))
                .sum();
    }

    private void assumptions() {
        line("");
        line("## Assumed, until a first deployment is measured");
        line("");
        line("| | |");
        line("|---|---:|");
        line(
                "| a plain turn; one with a tool (two model requests and the command) | %s s; %s s |",
                units(Usage.PLAIN_SECONDS), units(Usage.TOOL_SECONDS));
        line(
                "| memory of the harness; of the API; of the key check | %s GB; %s GB; %s GB |",
                units(Usage.HARNESS_GB), units(Usage.API_GB), units(Usage.KEY_CHECK_GB));
        line("| heartbeats of a running session | one in %d s |", Usage.SECONDS_A_BEAT);
        line(
                "| a post; a check of a key; a second wake by the stream | %s s; %s s; %s s |",
                units(Usage.POST_SECONDS), units(Usage.KEY_CHECK_SECONDS), units(Usage.STREAM_WAKE_SECONDS));
        line(
                "| reads of a stream that is read along; of one with deltas, further ones; writes of a reply that streams to it | %s; %s; %s units a second |",
                units(Usage.TAIL_READ_UNITS_A_SECOND),
                units(Usage.DELTA_READ_UNITS_A_SECOND),
                units(Usage.DELTA_WRITES_A_SECOND));
        line(
                "| the sweep, once a minute | %s s, %s read units |",
                units(Usage.SWEEP_SECONDS), units(Usage.SWEEP_READ_UNITS));
        line(
                "| logs of an invocation; of a request | %s KB; %s KB |",
                units(Usage.LOG_KB_AN_INVOCATION), units(Usage.ACCESS_LOG_KB));
        line(
                "| the sandbox's image; the functions' zips | %s GB; %s GB |",
                units(Usage.IMAGE_GB), units(Usage.ZIPS_GB));
        line(
                "| a hand that rests, packed a second; parts of a packed GB | %s MB; %s |",
                units(Usage.SAVED_MB_A_SECOND), units(Math.round(Usage.PARTS_A_GB)));
        line("| cold starts, DNS queries ($0.60 a million), transfer to the internet, taxes | not in it |");
    }

    private void table() {
        line("");
        line("## Prices");
        line("");
        line("| item | dollars | for |");
        line("|---|---:|---|");
        for (Prices.Price price : prices.all())
            line(
                    "| `%s` | %s | %s%s |",
                    price.item(), plain(price.usd()), price.per() == 1 ? "" : plain(price.per()) + " ", price.unit());
    }

    private static String plain(double number) {
        return new java.math.BigDecimal(Double.toString(number))
                .stripTrailingZeros()
                .toPlainString();
    }

    private static String units(double number) {
        return plain(number);
    }

    private static String usd(double dollars, int digits) {
        return String.format(Locale.ROOT, "$%." + digits + "f", dollars);
    }

    private void line(String format, Object... values) {
        page.append(values.length == 0 ? format : String.format(Locale.ROOT, format, values))
                .append('\n');
    }
}
