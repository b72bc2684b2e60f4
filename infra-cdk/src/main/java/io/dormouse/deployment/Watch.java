package io.dormouse.deployment;

import java.util.List;
import java.util.Map;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.apigateway.RestApi;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.cloudwatch.ComparisonOperator;
import software.amazon.awscdk.services.cloudwatch.Dashboard;
import software.amazon.awscdk.services.cloudwatch.GraphWidget;
import software.amazon.awscdk.services.cloudwatch.IMetric;
import software.amazon.awscdk.services.cloudwatch.Metric;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.cloudwatch.Stats;
import software.amazon.awscdk.services.cloudwatch.TreatMissingData;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.logs.FilterPattern;
import software.amazon.awscdk.services.logs.MetricFilter;

/**
 * Alarms, and a page with what they are about. Ten alarms and one page are what CloudWatch gives each account for nothing:
 * whoever adds one takes another away, or changes the cost page.
 */
final class Watch {
    private static final Duration FIVE_MINUTES = Duration.minutes(5);

    private final Stack stack;
    private final Parameters parameters;
    private final SnsAction action;

    Watch(Stack stack, Parameters parameters, DataZone data) {
        this.stack = stack;
        this.parameters = parameters;
        this.action = new SnsAction(data.alarms());
    }

    void over(DataZone data, ProxyZone proxy, BrainZone brain, Function server, RestApi api) {
        Metric stuck = stuck(brain);
        Metric dead = brain.deadLetters().metricApproximateNumberOfMessagesVisible(sum(Stats.MAXIMUM));
        Metric harnessErrors = brain.harness().metricErrors(sum(Stats.SUM));
        Metric harnessThrottles = brain.harness().metricThrottles(sum(Stats.SUM));
        Metric late = brain.harness()
                .metric(
                        "IteratorAge",
                        MetricOptions.builder()
                                .statistic(Stats.MAXIMUM)
                                .period(FIVE_MINUTES)
                                .build());
        Metric serverErrors = server.metricErrors(sum(Stats.SUM));
        Metric sendErrors = proxy.send().metricErrors(sum(Stats.SUM));
        Metric storeErrors = proxy.store().metricErrors(sum(Stats.SUM));
        Metric failed = api.metricServerError(sum(Stats.SUM));
        // "ThrottledRequests" is counted for each operation alone.
        Metric tableThrottles = table(data, "WriteThrottleEvents");

        alarm("StuckSessions", stuck, 1, 2, "Sessions owe work for ten minutes, and nobody works on them.");
        alarm(
                "DeadLetters",
                dead,
                1,
                1,
                "A wake could not be delivered. The sweep finds its session; see why it was lost.");
        alarm("HarnessErrors", harnessErrors, 5, 2, "The harness fails. Its log says why.");
        alarm("HarnessThrottles", harnessThrottles, 5, 2, "The account's concurrency is used up: sessions wait.");
        alarm("StreamIsLate", late, 300_000, 1, "The table's stream is five minutes behind: its records fail.");
        alarm("ApiErrors", serverErrors, 5, 2, "The API's function fails. Its log says why.");
        alarm("ApiAnswers5xx", failed, 5, 2, "Clients get errors of ours.");
        alarm("ProxySendErrors", sendErrors, 5, 2, "The credential proxy fails to send.");
        alarm("ProxyStoreErrors", storeErrors, 1, 1, "The credential proxy fails to keep or end a secret.");
        alarm("TableThrottles", tableThrottles, 10, 2, "The table refuses writes: more than it has grown to.");

        if (!parameters.dashboard()) return;
        Dashboard page = Dashboard.Builder.create(stack, "Page")
                .dashboardName(parameters.name() + "-" + stack.getRegion())
                .build();
        page.addWidgets(
                graph("Sessions", stuck, dead, late),
                graph("API", api.metricCount(sum(Stats.SUM)), api.metricClientError(sum(Stats.SUM)), failed),
                graph("Time to answer", server.metricDuration(sum("p50")), server.metricDuration(sum("p99"))));
        page.addWidgets(
                graph("Harness", brain.harness().metricInvocations(sum(Stats.SUM)), harnessErrors, harnessThrottles),
                graph("Proxy", proxy.send().metricInvocations(sum(Stats.SUM)), sendErrors, storeErrors),
                graph(
                        "Table",
                        table(data, "ConsumedWriteCapacityUnits"),
                        table(data, "ConsumedReadCapacityUnits"),
                        tableThrottles,
                        table(data, "ReadThrottleEvents")));
    }

    /**
     * The sweep writes one line of JSON, with the field {@code stuck}: how many heads have owed work for ten minutes, and
     * have no owner that is alive. Nothing is counted, and nothing charged, while there is none.
     */
    private Metric stuck(BrainZone brain) {
        MetricFilter filter = MetricFilter.Builder.create(stack, "Stuck")
                .logGroup(brain.logs())
                .filterPattern(FilterPattern.numberValue("$.stuck", ">", 0))
                .metricNamespace("Dormouse/" + parameters.name())
                .metricName("StuckSessions")
                .metricValue("$.stuck")
                .build();
        return filter.metric(sum(Stats.MAXIMUM));
    }

    private static Metric table(DataZone data, String name) {
        return Metric.Builder.create()
                .namespace("AWS/DynamoDB")
                .metricName(name)
                .dimensionsMap(Map.of("TableName", data.table().getTableName()))
                .statistic(Stats.SUM)
                .period(FIVE_MINUTES)
                .build();
    }

    private static MetricOptions sum(String statistic) {
        return MetricOptions.builder().statistic(statistic).period(FIVE_MINUTES).build();
    }

    private void alarm(String id, IMetric metric, double threshold, int periods, String description) {
        Alarm alarm = Alarm.Builder.create(stack, id)
                .metric(metric)
                .threshold(threshold)
                .evaluationPeriods(periods)
                .comparisonOperator(ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD)
                .treatMissingData(TreatMissingData.NOT_BREACHING)
                .alarmDescription("Dormouse " + parameters.name() + ": " + description)
                .build();
        alarm.addAlarmAction(action);
    }

    private static GraphWidget graph(String title, IMetric... metrics) {
        return GraphWidget.Builder.create()
                .title(title)
                .left(List.of(metrics))
                .width(8)
                .build();
    }
}
