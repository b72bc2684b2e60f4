package io.dormouse.testkit.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.api.client.AWSLambda;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import software.amazon.awssdk.utilslite.SdkInternalThreadLocal;

/**
 * A function as Lambda has it.
 *
 * @param folder its zip, unpacked
 * @param command what the runtime starts there
 * @param environment beside what Lambda itself tells every function
 * @param timeout of an invocation, after which its process is killed
 * @param life whether a process serves one invocation or many
 * @param concurrency so many invocations at a time; further ones wait
 */
public record Deployed(
        String name,
        Path folder,
        List<String> command,
        Map<String, String> environment,
        Duration timeout,
        Life life,
        int concurrency) {
    /** As Quarkus wants its functions called. */
    public static final String QUARKUS = "io.quarkus.amazon.lambda.runtime.QuarkusStreamHandler::handleRequest";

    /** What Lambda allows at most. */
    public static final Duration LONGEST = Duration.ofMinutes(15);

    private static final List<String> SMALL =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx256m", "-Xss512k");

    public enum Life {
        /** Every invocation is a cold start, and its process is killed as soon as it has answered: nothing survives. */
        FRESH,
        /** A process that is idle serves the next invocation, one at a time. */
        KEPT
    }

    public Deployed {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /** One for the managed runtime of Java: AWS's own runtime interface client loads it from its zip. */
    public static Deployed java(String name, Path zip, String handler, Map<String, String> environment) {
        List<String> client = List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Stream.of(AWSLambda.class, Context.class, PojoSerializer.class, SdkInternalThreadLocal.class)
                        .map(Deployed::jar)
                        .distinct()
                        .collect(Collectors.joining(File.pathSeparator)),
                "com.amazonaws.services.lambda.runtime.api.client.AWSLambda",
                handler);
        List<String> command = Stream.of(client.subList(0, 1), SMALL, client.subList(1, client.size()))
                .flatMap(List::stream)
                .toList();
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.put("_HANDLER", handler);
        return new Deployed(name, Zip.unpack(zip), command, all, LONGEST, Life.FRESH, 8);
    }

    /** One that brings its own loop on the Runtime API. @param command starts in the folder of the unpacked zip */
    public static Deployed program(String name, Path zip, List<String> command, Map<String, String> environment) {
        return new Deployed(name, Zip.unpack(zip), command, environment, LONGEST, Life.KEPT, 16);
    }

    /** The same zip under another name. */
    public Deployed named(String other) {
        return new Deployed(other, folder, command, environment, timeout, life, concurrency);
    }

    public Deployed with(Life other) {
        return new Deployed(name, folder, command, environment, timeout, other, concurrency);
    }

    public Deployed with(Duration otherTimeout) {
        return new Deployed(name, folder, command, environment, otherTimeout, life, concurrency);
    }

    public Deployed atMost(int invocations) {
        return new Deployed(name, folder, command, environment, timeout, life, invocations);
    }

    private static String jar(Class<?> of) {
        try {
            return Path.of(of.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
