package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.Arrays;
import java.util.List;

/** Samples and what is told of them. */
final class Figures {
    private Figures() {}

    /** By the nearest rank. @param share for example 0.99 */
    static double percentile(double[] samples, double share) {
        if (samples.length == 0) return Double.NaN;
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[Math.clamp((long) Math.ceil(share * sorted.length) - 1, 0, sorted.length - 1)];
    }

    static double median(List<Double> runs) {
        return percentile(runs.stream().mapToDouble(Double::doubleValue).toArray(), 0.5);
    }

    /** A figure that was measured once in each run. */
    static ObjectNode spread(List<Double> runs) {
        return Json.object()
                .put("min", rounded(runs.stream().mapToDouble(x -> x).min().orElseThrow()))
                .put("median", rounded(median(runs)))
                .put("max", rounded(runs.stream().mapToDouble(x -> x).max().orElseThrow()));
    }

    static double rounded(double number) {
        return Math.round(number * 100) / 100.0;
    }

    static double millis(long nanos) {
        return nanos / 1e6;
    }
}
