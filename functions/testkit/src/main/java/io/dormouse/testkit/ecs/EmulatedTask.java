package io.dormouse.testkit.ecs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** One task: a process, or the lack of one, and what ECS says of it. */
final class EmulatedTask {
    private final String arn;
    private final String address;
    private final JsonNode request;
    private final Image image;
    private final Path folder;
    private Process process;
    private boolean frozen;
    private String status = "PROVISIONING";
    private String desired = "RUNNING";
    private String stopCode;
    private String stoppedReason;

    EmulatedTask(String arn, String address, JsonNode request, Image image, Path folder) {
        this.arn = arn;
        this.address = address;
        this.request = request;
        this.image = image;
        this.folder = folder;
    }

    String arn() {
        return arn;
    }

    String address() {
        return address;
    }

    /** Its files: what the task's disk is on Fargate. */
    Path folder() {
        return folder;
    }

    void meet(Fate fate) {
        switch (fate) {
            case Fate.Waits w -> pending();
            case Fate.NoCapacity n ->
                ended(
                        "TaskFailedToStart",
                        "Capacity is unavailable at this time. Please try again later or in a different availability zone");
            case Fate.NoImage n ->
                ended(
                        "TaskFailedToStart",
                        "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref 000000000000.dkr.ecr.us-east-1.amazonaws.com/hand:1");
            case Fate.Exits exits -> ended("EssentialContainerExited", "Essential container in task exited");
            case Fate.Deaf d -> running();
            case Fate.Runs(Duration after) -> Thread.ofVirtual().start(() -> launch(after));
        }
    }

    private synchronized void pending() {
        status = "PENDING";
    }

    private synchronized void running() {
        status = "RUNNING";
    }

    private synchronized void ended(String code, String reason) {
        if (status.equals("STOPPED")) return;
        status = "STOPPED";
        desired = "STOPPED";
        stopCode = code;
        stoppedReason = reason;
    }

    private void launch(Duration after) {
        pending();
        try {
            TimeUnit.NANOSECONDS.sleep(after.toNanos());
            synchronized (this) {
                if (status.equals("STOPPED")) return;
                process = start();
                status = "RUNNING";
            }
            process.waitFor();
            // A task's disk goes with it.
            new ProcessBuilder("/bin/rm", "-rf", folder.toString()).start().waitFor();
            ended("EssentialContainerExited", "Essential container in task exited");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Process start() throws IOException {
        Files.createDirectories(folder);
        Map<String, String> environment = new TreeMap<>(image.environment());
        request.path("overrides").path("containerOverrides").forEach(container -> container
                .path("environment")
                .forEach(each -> environment.put(
                        each.path("name").asText(), each.path("value").asText())));
        // On Fargate a task has the machine's addresses to itself.
        environment.replaceAll((name, value) -> value.replace("0.0.0.0", address)
                .replace("{task}", folder.toString())
                .replace("{uid}", uid()));
        ProcessBuilder builder = new ProcessBuilder(image.command())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** A user of its own, as on a machine of its own. */
    private String uid() {
        int number = Math.floorMod(arn.hashCode(), 10_000);
        return Integer.toString(40_000 + number);
    }

    /** As StopTask does it, only quicker: who does not hear that he should end is ended. */
    void stop(String reason) {
        Process running;
        boolean deaf;
        synchronized (this) {
            running = process;
            deaf = frozen;
            ended("UserInitiated", reason);
        }
        if (running == null) return;
        if (deaf) running.destroyForcibly();
        else running.destroy();
    }

    /** Its address is free afterwards, for the next cluster's task. */
    void end() {
        stop("the emulator ends");
        if (process == null) return;
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** As a machine that fails. */
    void crash() {
        Process running;
        synchronized (this) {
            running = process;
        }
        if (running == null) ended("EssentialContainerExited", "Essential container in task exited");
        else
            try {
                running.destroyForcibly().waitFor();
                ended("EssentialContainerExited", "Essential container in task exited");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
    }

    /** It lives, and answers nobody. */
    void freeze(boolean freezes) {
        synchronized (this) {
            frozen = freezes;
        }
        try {
            new ProcessBuilder("/bin/kill", freezes ? "-STOP" : "-CONT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    synchronized boolean lingers() {
        return process != null && process.isAlive();
    }

    synchronized boolean stopped() {
        return status.equals("STOPPED");
    }

    synchronized ObjectNode json(boolean tags) {
        ObjectNode task = Json.object()
                .put("taskArn", arn)
                .put("clusterArn", request.path("cluster").asText())
                .put("taskDefinitionArn", request.path("taskDefinition").asText())
                .put("launchType", "FARGATE")
                .put("lastStatus", status)
                .put("desiredStatus", desired);
        if (stopCode != null) task.put("stopCode", stopCode).put("stoppedReason", stoppedReason);
        if (status.equals("RUNNING") || status.equals("PENDING")) interfaces(task.putArray("attachments"));
        if (tags) task.set("tags", request.path("tags"));
        return task;
    }

    private void interfaces(ArrayNode attachments) {
        ObjectNode attachment = attachments.addObject();
        attachment.put("type", "ElasticNetworkInterface").put("status", "ATTACHED");
        ArrayNode details = attachment.putArray("details");
        List.of(
                        Map.entry(
                                "subnetId",
                                request.at("/networkConfiguration/awsvpcConfiguration/subnets/0")
                                        .asText()),
                        Map.entry("privateIPv4Address", address))
                .forEach(each -> details.addObject().put("name", each.getKey()).put("value", each.getValue()));
    }
}
