package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.util.List;
import java.util.Map;

/** {@code ./dormouse bench NAME}: progress on standard error, one line of JSON on standard output. */
public final class Bench {
    /** One benchmark: it adds its figures and marks to the result, and says whether the marks were met. */
    interface Benchmark {
        boolean run(ObjectNode result, List<String> arguments) throws Exception;
    }

    private static final Map<String, Benchmark> ALL = Map.of(
            "ttft", new TtftBench(),
            "turns", new TurnsBench(),
            "sse", new SseBench(),
            "cost", new CostBench(),
            "resume", new ResumeBench(),
            "proxy", new ProxyBench(),
            "hands", new HandsBench(),
            "cold", new ColdBench());

    private Bench() {}

    public static void main(String... arguments) throws Exception {
        Benchmark benchmark = arguments.length > 0 ? ALL.get(arguments[0]) : null;
        if (benchmark == null) {
            System.err.println(
                    "usage: ./dormouse bench ttft|turns [SESSIONS ...]|sse|cost [TURNS]|resume|proxy|hands|cold [RUNS]");
            System.exit(2);
        }
        ObjectNode result = Json.object().put("bench", arguments[0]);
        ObjectNode machine = Json.object()
                .put("cores", Runtime.getRuntime().availableProcessors())
                .put("load_before", Machine.load());
        boolean ok = benchmark.run(result, List.of(arguments).subList(1, arguments.length));
        result.put("ok", ok);
        result.set("machine", machine.put("load_after", Machine.load()));
        System.out.println(Json.text(result));
        System.exit(ok ? 0 : 1);
    }

    static void say(String progress) {
        System.err.println("bench: " + progress);
    }
}
