package io.dormouse.testkit.lambda;

import io.dormouse.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process of a function. It serves one invocation at a time. */
final class Instance implements AutoCloseable {
    private static final String KEY_ID = "AWS_ACCESS_KEY_ID";
    private static final String SECRET_KEY = "AWS_SECRET_ACCESS_KEY";

    private final Deployed function;
    private final ScheduledExecutorService clock;
    private final RuntimeApi api;
    private final Process process;

    /** @param snapStart it prepares for a snapshot, and waits to be restored */
    Instance(Deployed function, boolean snapStart, ScheduledExecutorService clock, Path log) throws IOException {
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
        environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", snapStart ? "snap-start" : "on-demand");
        environment.put("LAMBDA_TASK_ROOT", function.folder().toString());
        environment.putAll(function.environment());
        // A snapshot may be restored much later: Lambda tells such a process where to ask, and no keys.
        if (snapStart && environment.containsKey(KEY_ID)) {
            api.hold(environment.remove(KEY_ID), environment.remove(SECRET_KEY));
            environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://" + api.address() + RuntimeApi.CREDENTIALS);
        }
        process = builder.start();
    }

    /** Waits until it is where Lambda would take its snapshot. */
    Instance parked() {
        CompletableFuture.anyOf(api.ready(), process.onExit()).join();
        return this;
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

    /** Lets it come to its first event, and has it end as programs do. @return whether both went well within so long */
    boolean rehearse(long timeout, TimeUnit unit) throws InterruptedException {
        try {
            CompletableFuture.anyOf(api.ready(), process.onExit()).get(timeout, unit);
        } catch (ExecutionException | TimeoutException e) {
            return false;
        }
        process.destroy();
        return api.ready().isDone() && process.waitFor(timeout, unit);
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
