package io.dormouse.testkit.lambda;

import io.dormouse.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A process of a function. It serves one invocation at a time. */
final class Instance implements AutoCloseable {
    private final Deployed function;
    private final ScheduledExecutorService clock;
    private final RuntimeApi api;
    private final Process process;

    Instance(Deployed function, ScheduledExecutorService clock, Path log) throws IOException {
        this.function = function;
        this.clock = clock;
        api = new RuntimeApi("arn:aws:lambda:us-east-1:000000000000:function:" + function.name(), function.timeout());
        ProcessBuilder builder = new ProcessBuilder(function.command())
                .directory(function.folder().toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Map<String, String> environment = builder.environment();
        String path = environment.get("PATH");
        // A function knows what it is told, and nothing of the machine that the emulator is on.
        environment.clear();
        environment.put("PATH", Path.of(System.getProperty("java.home"), "bin") + ":" + path);
        environment.put("LANG", "C.UTF-8");
        environment.put("AWS_LAMBDA_RUNTIME_API", api.address());
        environment.put("AWS_LAMBDA_FUNCTION_NAME", function.name());
        environment.put("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        environment.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
        environment.put("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.name());
        environment.put("AWS_LAMBDA_LOG_STREAM_NAME", "emulated");
        environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
        environment.put("LAMBDA_TASK_ROOT", function.folder().toString());
        environment.putAll(function.environment());
        process = builder.start();
    }

    boolean alive() {
        return process.isAlive();
    }

    /** Returns when the invocation is over, one way or another; a process that took too long, or failed to start, is dead. */
    void serve(Invocation invocation) {
        ScheduledFuture<?> tooLong = clock.schedule(
                () -> {
                    invocation.fail(error(
                            "Sandbox.Timedout",
                            "Task timed out after " + function.timeout().toSeconds() + " seconds"));
                    kill();
                },
                function.timeout().toMillis(),
                TimeUnit.MILLISECONDS);
        process.onExit()
                .thenAccept(ended ->
                        invocation.fail(error("Runtime.ExitError", "Runtime exited with status " + ended.exitValue())));
        api.deliver(invocation);
        invocation.over().join();
        tooLong.cancel(false);
    }

    private static byte[] error(String type, String message) {
        return Json.text(Json.object().put("errorType", type).put("errorMessage", message))
                .getBytes(StandardCharsets.UTF_8);
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    /** SIGKILL, and of whatever it started. */
    void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    @Override
    public void close() {
        kill();
        api.close();
    }
}
