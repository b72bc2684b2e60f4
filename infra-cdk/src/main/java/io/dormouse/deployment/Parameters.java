package io.dormouse.deployment;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a deployment may choose. Everything has a default, and nothing needs to be edited; {@code README.md} has a row for
 * each.
 *
 * @param name begins the names of stacks and functions, so that several deployments can share an account
 * @param handZones in how many availability zones hands can start: each one pays its own endpoints
 * @param handCpu in units of Fargate: 1,024 are a processor
 * @param warmPool how many spare tasks of hands run all day, so that a session need not wait for one
 * @param handIdleSeconds that a hand outlives the last turn of its session
 * @param streamRestSeconds after which a stream of an idle session ends: it is billed whether or not somebody listens
 * @param sandboxImage a pre-built image in ECR; empty for one that is built from {@code sandbox-task}
 * @param s3PrefixList of the region; empty for the regions that the deployment knows
 * @param adapterLayer the ARN of the Lambda Web Adapter's layer; empty for the public one
 * @param alarmEmail who hears of alarms, after a confirmation; empty for nobody
 * @param keepData whether the table and the bucket outlive their stack, and cannot be deleted by accident
 */
public record Parameters(
        String name,
        Network network,
        Hands hands,
        int handZones,
        int handCpu,
        int handMemoryMegabytes,
        int warmPool,
        int handIdleSeconds,
        Optional<String> sandboxImage,
        Model model,
        int harnessMemoryMegabytes,
        int apiMemoryMegabytes,
        int streamRestSeconds,
        int requestsPerSecond,
        int logDays,
        boolean dashboard,
        boolean keepData,
        Optional<String> alarmEmail,
        Optional<String> adapterLayer,
        Optional<String> s3PrefixList) {

    /** How the brain's network reaches what is outside of it. */
    public enum Network {
        /** IPv6 out through an egress-only gateway, IPv4 to the table and the bucket only. Costs nothing while idle. */
        DUALSTACK,
        /** Also IPv4 out through a NAT gateway, which costs by the hour. */
        NAT
    }

    public enum Hands {
        /** Fargate tasks in subnets without a route; the endpoints that their image is pulled through cost by the hour. */
        SEALED,
        /** No sandboxes, and no endpoints: sessions whose agents use no sandbox tools. */
        NONE
    }

    /** Where the model is. */
    public sealed interface Model {
        /** Bedrock's endpoint in the dual-stack domain {@code api.aws}. */
        record BedrockMantle() implements Model {}

        /** Bedrock's older endpoint. Without IPv6: in a dual-stack network it costs an interface endpoint. */
        record BedrockRuntime() implements Model {}

        /** Any server that speaks the Messages API and asks for no key: the harness holds no secret. */
        record At(String host, String url) implements Model {}
    }

    /** Days that CloudWatch can keep logs for, of which these are sensible. */
    private static final List<Integer> LOG_DAYS = List.of(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365);

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,19}");
    private static final Pattern IMAGE = Pattern.compile(
            "[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com/[a-z0-9._/-]+(:[\\w.-]+|@sha256:[0-9a-f]{64})");
    private static final Pattern URL = Pattern.compile("https://([a-z0-9-]+(?:\\.[a-z0-9-]+)+)(?::443)?(?:/\\S*)?");

    /** Memory in megabytes that Fargate has for so much of a processor: from, to, in steps of a gigabyte (or less). */
    private static final Map<Integer, List<Integer>> FARGATE = Map.of(
            256, List.of(512, 2048),
            512, List.of(1024, 4096),
            1024, List.of(2048, 8192),
            2048, List.of(4096, 16384),
            4096, List.of(8192, 30720));

    /** Every name there is. */
    public static final List<String> NAMES = List.of(
            "name",
            "network",
            "hands",
            "handZones",
            "handCpu",
            "handMemory",
            "warmPool",
            "handIdleSeconds",
            "sandboxImage",
            "model",
            "harnessMemory",
            "apiMemory",
            "streamRestSeconds",
            "requestsPerSecond",
            "logDays",
            "dashboard",
            "keepData",
            "alarmEmail",
            "adapterLayer",
            "s3PrefixList");

    public static Parameters defaults() {
        return of(Map.of());
    }

    /** @throws IllegalArgumentException with a sentence for whoever typed it */
    public static Parameters of(Map<String, String> given) {
        List<String> unknown = given.keySet().stream()
                .filter(key -> !NAMES.contains(key))
                .sorted()
                .toList();
        if (!unknown.isEmpty())
            throw new IllegalArgumentException(
                    "no parameter is called " + String.join(", ", unknown) + "; there are " + String.join(", ", NAMES));
        return of(key -> Optional.ofNullable(given.get(key)).filter(value -> !value.isBlank()));
    }

    /** @param given the text of a parameter, or nothing */
    public static Parameters of(Function<String, Optional<String>> given) {
        int cpu = number(given, "handCpu", 512, 256, 4096);
        if (!FARGATE.containsKey(cpu)) throw wrong("handCpu", "256, 512, 1024, 2048 or 4096", Integer.toString(cpu));
        List<Integer> memory = FARGATE.get(cpu);
        int handMemory = number(given, "handMemory", memory.get(0), memory.get(0), memory.get(1));
        if (handMemory % 1024 != 0 && handMemory != 512)
            throw wrong("handMemory", "a multiple of 1024", Integer.toString(handMemory));
        int logDays = number(given, "logDays", 30, 1, 365);
        if (!LOG_DAYS.contains(logDays)) throw wrong("logDays", "one of " + LOG_DAYS, Integer.toString(logDays));
        return new Parameters(
                matching(given, "name", NAME, "1 to 20 small letters, digits and dashes, a letter first")
                        .orElse("dormouse"),
                choice(given, "network", Network.DUALSTACK),
                choice(given, "hands", Hands.SEALED),
                number(given, "handZones", 1, 1, 2),
                cpu,
                handMemory,
                number(given, "warmPool", 0, 0, 100),
                number(given, "handIdleSeconds", 900, 60, 86_400),
                matching(
                        given,
                        "sandboxImage",
                        IMAGE,
                        "an image in ECR with a tag or a digest: hands reach nothing else"),
                model(given.apply("model").orElse("bedrock-mantle")),
                number(given, "harnessMemory", 512, 256, 10_240),
                number(given, "apiMemory", 512, 256, 10_240),
                number(given, "streamRestSeconds", 20, 5, 840),
                number(given, "requestsPerSecond", 50, 1, 10_000),
                logDays,
                flag(given, "dashboard", true),
                flag(given, "keepData", true),
                matching(given, "alarmEmail", Pattern.compile("\\S+@\\S+\\.\\S+"), "an e-mail address"),
                matching(
                        given,
                        "adapterLayer",
                        Pattern.compile("arn:\\S+:layer:\\S+:[0-9]+"),
                        "the ARN of a layer's version"),
                matching(
                        given,
                        "s3PrefixList",
                        Pattern.compile("pl-[0-9a-f]+"),
                        "the id of a prefix list, as pl-63a5400a"));
    }

    /** From {@code KEY=VALUE}, as {@code ./dormouse deploy} takes them. */
    public static Map<String, String> parse(List<String> arguments) {
        Map<String, String> given = new LinkedHashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 1) throw new IllegalArgumentException(argument + " is not of the form KEY=VALUE");
            given.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        return given;
    }

    private static Model model(String text) {
        return switch (text) {
            case "bedrock-mantle" -> new Model.BedrockMantle();
            case "bedrock-runtime" -> new Model.BedrockRuntime();
            default -> {
                var url = URL.matcher(text);
                if (!url.matches())
                    throw wrong("model", "bedrock-mantle, bedrock-runtime or an https URL on port 443", text);
                yield new Model.At(url.group(1), text);
            }
        };
    }

    private static <E extends Enum<E>> E choice(Function<String, Optional<String>> given, String key, E preset) {
        Optional<String> text = given.apply(key);
        if (text.isEmpty()) return preset;
        List<String> names = new ArrayList<>();
        for (E constant : preset.getDeclaringClass().getEnumConstants()) {
            String name = constant.name().toLowerCase(java.util.Locale.ROOT);
            if (name.equals(text.get())) return constant;
            names.add(name);
        }
        throw wrong(key, String.join(" or ", names), text.get());
    }

    private static boolean flag(Function<String, Optional<String>> given, String key, boolean preset) {
        Optional<String> text = given.apply(key);
        if (text.isPresent() && Stream.of("true", "false").noneMatch(text.get()::equals))
            throw wrong(key, "true or false", text.get());
        return text.map(Boolean::parseBoolean).orElse(preset);
    }

    private static int number(Function<String, Optional<String>> given, String key, int preset, int from, int to) {
        Optional<String> text = given.apply(key);
        if (text.isEmpty()) return preset;
        try {
            int number = Integer.parseInt(text.get());
            if (number >= from && number <= to) return number;
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw wrong(key, "a number from " + from + " to " + to, text.get());
    }

    private static Optional<String> matching(
            Function<String, Optional<String>> given, String key, Pattern pattern, String what) {
        Optional<String> text = given.apply(key);
        text.filter(value -> !pattern.matcher(value).matches()).ifPresent(value -> {
            throw wrong(key, what, value);
        });
        return text;
    }

    private static IllegalArgumentException wrong(String key, String what, String given) {
        return new IllegalArgumentException("parameter " + key + " must be " + what + ", and is " + given);
    }
}
