package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.testkit.lambda.Deployed;
import io.dormouse.testkit.lambda.Deployed.Life;
import io.dormouse.testkit.lambda.LambdaEmulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * From the start of a process of the harness function to its request at the model: the zip that is deployed, under Lambda's
 * runtime client, with a table and a model on this machine that answer at once. Kinds of starts take turns. A restored process
 * was started beforehand and goes on from where Lambda takes its snapshot; to read the snapshot takes time on AWS, which is not
 * in this.
 */
final class ColdBench implements Bench.Benchmark {
    private static final int RUNS = 11;
    private static final Path ZIP = Path.of("functions/harness/target/function.zip");
    private static final double MOST_OF_PLAIN = 0.35;
    private static final long MOST_ZIP_BYTES = 20_000_000;

    private enum Kind {
        /** As the JVM starts by itself. */
        PLAIN,
        /** As Lambda starts it. */
        C1_SERIAL,
        /** The same, with classes that an earlier start has linked: AWS's JVM may be another one than that of the build. */
        AOT_CACHE,
        /** The same, with all classes loaded and used in the snapshot. What is deployed. */
        RESTORED;

        String key() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private record Start(double millis, double cpuMillis) {}

    @Override
    public boolean run(ObjectNode result, List<String> arguments) throws Exception {
        int runs = arguments.isEmpty() ? RUNS : Integer.parseInt(arguments.getFirst());
        Map<Kind, List<Start>> starts = new EnumMap<>(Kind.class);
        Path folder =
                Files.createDirectories(Path.of("local-stack/target/bench").toAbsolutePath());
        try (ColdWorld world = new ColdWorld();
                LambdaEmulator lambda = LambdaEmulator.start()) {
            Map<String, String> environment = world.environment(lambda);
            Deployed plain = Deployed.java("plain", ZIP, Deployed.QUARKUS, environment);
            Deployed cached = Deployed.rehearsed("cached", ZIP, Deployed.QUARKUS, environment);
            Map<Kind, Deployed> all = Map.of(
                    Kind.PLAIN,
                    plain.withoutFlags(),
                    Kind.C1_SERIAL,
                    plain,
                    Kind.AOT_CACHE,
                    cached,
                    Kind.RESTORED,
                    plain.with(Life.RESTORED));
            for (Kind kind : Kind.values()) classes(result, kind, all.get(kind), world, lambda, folder);
            for (Kind kind : Kind.values()) lambda.deploy(all.get(kind).named(kind.key()));
            for (int run = 1; run <= runs; run++) {
                for (Kind kind : Kind.values())
                    starts.computeIfAbsent(kind, k -> new ArrayList<>()).add(start(kind, world, lambda));
                Bench.say("run " + run + " of " + runs);
            }
        }
        return tell(result.put("runs", runs), starts);
    }

    private static Start start(Kind kind, ColdWorld world, LambdaEmulator lambda) throws Exception {
        long before = kind == Kind.RESTORED
                ? Machine.cpuMillis(lambda.park(kind.key()).pid())
                : 0;
        byte[] event = ColdWorld.wake(world.session());
        long[] cpu = {0};
        world.whenAsked(() ->
                cpu[0] = Machine.cpuMillis(lambda.busy(kind.key()).getFirst().pid()));
        long from = System.nanoTime();
        lambda.call(kind.key(), event);
        return new Start(Figures.millis(world.asked() - from), cpu[0] - before);
    }

    /** Loaded until the turn is over, of them from an archive; of a restored process, how many it still had to load. */
    private static void classes(
            ObjectNode result, Kind kind, Deployed function, ColdWorld world, LambdaEmulator lambda, Path folder)
            throws Exception {
        Path loaded = folder.resolve("classes-" + kind.key() + ".txt");
        Files.deleteIfExists(loaded);
        lambda.deploy(function.named(kind.key()).told("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + loaded));
        if (kind == Kind.RESTORED) lambda.park(kind.key());
        long before = kind == Kind.RESTORED ? count(loaded, "") : 0;
        lambda.call(kind.key(), ColdWorld.wake(world.session()));
        ObjectNode told = result.withObject("/classes").putObject(kind.key());
        told.put("loaded", count(loaded, "")).put("from_archive", count(loaded, "shared objects file"));
        if (kind == Kind.RESTORED) told.put("loaded_after_restore", count(loaded, "") - before);
    }

    private static long count(Path loaded, String with) throws IOException {
        try (Stream<String> lines = Files.lines(loaded)) {
            return lines.filter(line -> line.contains("source:") && line.contains(with))
                    .count();
        }
    }

    private static boolean tell(ObjectNode result, Map<Kind, List<Start>> starts) throws IOException {
        double plain = millis(starts.get(Kind.PLAIN));
        starts.forEach((kind, all) -> {
            ObjectNode told = result.putObject(kind.key());
            told.set("ms", Figures.spread(all.stream().map(Start::millis).toList()));
            told.set("cpu_ms", Figures.spread(all.stream().map(Start::cpuMillis).toList()));
            told.put("of_plain", Figures.rounded(millis(all) / plain));
        });
        double restored = millis(starts.get(Kind.RESTORED)) / plain;
        long zip = Files.size(ZIP);
        result.put("zip_bytes", zip)
                .put("mark", "restored <= 0.35 of plain, zip <= 20 MB")
                .put("not_measured", "reading the snapshot, which only AWS does");
        return restored <= MOST_OF_PLAIN && zip <= MOST_ZIP_BYTES;
    }

    private static double millis(List<Start> starts) {
        return Figures.median(starts.stream().map(Start::millis).toList());
    }
}
