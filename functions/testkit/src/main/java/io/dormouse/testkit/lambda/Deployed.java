package io.dormouse.testkit.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.api.client.AWSLambda;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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

    private static final String WRAPPER = "start.sh";

    /** What Lambda allows at most. */
    public static final Duration LONGEST = Duration.ofMinutes(15);

    private static final List<String> SMALL =
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", "-Xss512k");

    public enum Life {
        /** Every invocation is a cold start, and its process is killed as soon as it has answered: nothing survives. */
        FRESH,
        /** The same, of a process that was started beforehand and parked where Lambda would have taken its snapshot (SnapStart). */
        RESTORED,
        /** A process that is idle serves the next invocation, one at a time. */
        KEPT
    }

    public Deployed {
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /** One for the managed runtime of Java: AWS's own runtime interface client loads it from its zip. */
    public static Deployed java(String name, Path zip, String handler, Map<String, String> environment) {
        return managed(name, Zip.unpack(zip), client(), handler, environment);
    }

    /** The same, for whoever starts it often: the first start, of all on this machine, is remembered beside the zip. */
    public static Deployed rehearsed(String name, Path zip, String handler, Map<String, String> environment) {
        Rehearsal rehearsal = Rehearsal.of(zip);
        String classPath = client() + File.pathSeparator + rehearsal.classPath();
        Deployed function = managed(name, rehearsal.folder(), classPath, handler, environment);
        Rehearsal.hold(rehearsal.cache(), function);
        return function.withFlag("-XX:AOTCache=" + rehearsal.cache());
    }

    private static Deployed managed(
            String name, Path folder, String classPath, String handler, Map<String, String> environment) {
        List<String> command = new ArrayList<>();
        // As AWS_LAMBDA_EXEC_WRAPPER has it called.
        if (Files.isExecutable(folder.resolve(WRAPPER))) command.add("./" + WRAPPER);
        command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
        command.addAll(SMALL);
        command.addAll(List.of(
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--enable-native-access=ALL-UNNAMED",
                "-Dcom.amazonaws.services.lambda.runtime.api.client.runtimeapi.NativeClient.JNI=" + Native.LIBRARY,
                // Where hooks around the snapshot register.
                "-Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac",
                "-cp",
                classPath,
                AWSLambda.class.getName(),
                handler));
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.put("_HANDLER", handler);
        return new Deployed(name, folder, command, all, LONGEST, Life.FRESH, 8);
    }

    private static String client() {
        return Stream.of(AWSLambda.class, Context.class, PojoSerializer.class, SdkInternalThreadLocal.class)
                .map(Deployed::jar)
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** One that brings its own loop on the Runtime API. @param command starts in the folder of the unpacked zip */
    public static Deployed program(String name, Path zip, List<String> command, Map<String, String> environment) {
        return new Deployed(name, Zip.unpack(zip), command, environment, LONGEST, Life.KEPT, 16);
    }

    /** The same zip under another name. */
    public Deployed named(String other) {
        return new Deployed(other, folder, command, environment, timeout, life, concurrency);
    }

    /** The same under a JVM with one more flag. */
    Deployed withFlag(String flag) {
        List<String> all = new ArrayList<>(command);
        all.addAll(all.getFirst().endsWith(WRAPPER) ? 2 : 1, List.of(flag, "-Xlog:aot=off,cds=off"));
        return new Deployed(name, folder, all, environment, timeout, life, concurrency);
    }

    /** Under a JVM that is told nothing of its size. */
    public Deployed withoutFlags() {
        List<String> all = new ArrayList<>(command);
        all.removeAll(SMALL);
        return new Deployed(name, folder, all, environment, timeout, life, concurrency);
    }

    /** With one more variable. */
    public Deployed told(String variable, String value) {
        Map<String, String> all = new LinkedHashMap<>(environment);
        all.put(variable, value);
        return new Deployed(name, folder, command, all, timeout, life, concurrency);
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

    /** What the runtime client has beside Java, where each machine of Lambda has it. Unpacked by itself it would be at one place for all. */
    private static final class Native {
        static final Path LIBRARY = unpacked();

        private static Path unpacked() {
            String processor = System.getProperty("os.arch").equals("aarch64") ? "aarch_64" : "x86_64";
            String name = "libaws-lambda-jni.linux-" + processor + ".so";
            try (InputStream library = AWSLambda.class.getResourceAsStream("/jni/" + name)) {
                Path file = Folders.fresh("dormouse-runtime-").resolve(name);
                Files.copy(library, file);
                return file;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
