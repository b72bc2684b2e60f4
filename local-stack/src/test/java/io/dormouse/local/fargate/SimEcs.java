package io.dormouse.local.fargate;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.Attachment;
import software.amazon.awssdk.services.ecs.model.DescribeTasksRequest;
import software.amazon.awssdk.services.ecs.model.DescribeTasksResponse;
import software.amazon.awssdk.services.ecs.model.EcsException;
import software.amazon.awssdk.services.ecs.model.Failure;
import software.amazon.awssdk.services.ecs.model.InvalidParameterException;
import software.amazon.awssdk.services.ecs.model.KeyValuePair;
import software.amazon.awssdk.services.ecs.model.ListTasksRequest;
import software.amazon.awssdk.services.ecs.model.ListTasksResponse;
import software.amazon.awssdk.services.ecs.model.RunTaskRequest;
import software.amazon.awssdk.services.ecs.model.RunTaskResponse;
import software.amazon.awssdk.services.ecs.model.StopTaskRequest;
import software.amazon.awssdk.services.ecs.model.StopTaskResponse;
import software.amazon.awssdk.services.ecs.model.Tag;
import software.amazon.awssdk.services.ecs.model.Task;

/**
 * ECS as it is on a bad day, by a seed and a clock of its own: answers are lost before and after the deed, lists and
 * descriptions lag, machines are scarce, tasks never start, die and stop to answer.
 */
final class SimEcs implements EcsClient {
    /** A token may be asked again for so long. */
    private static final Duration TOKENS = Duration.ofHours(24);

    private final Random random;
    private final Supplier<Instant> clock;
    private final Map<String, SimTask> tasks = new LinkedHashMap<>();
    private final Map<String, SimTask> byToken = new LinkedHashMap<>();
    /** How bad: out of a thousand requests so many fail, and of tasks as many have another fate than to run. */
    int badness;

    /** Called before a task is stopped, with the reason. */
    BiConsumer<SimTask, String> stopping = (task, reason) -> {};

    SimEcs(Random random, Supplier<Instant> clock) {
        this.random = random;
        this.clock = clock;
    }

    /** A task, and what its supervisor would know. */
    static final class SimTask {
        final String arn;
        final String host;
        final String token;
        final Instant asked;
        private final RunTaskRequest request;
        private final Instant visible;
        private final Instant runs;
        /** Null while it lives. */
        Instant ended;

        private String why = "";
        boolean silent;
        /** Of the workspace; empty when new. */
        String files = "";

        boolean used;
        boolean restored;

        private SimTask(int number, RunTaskRequest request, Instant asked, Instant visible, Instant runs) {
            this.arn = "arn:aws:ecs:us-east-1:000000000000:task/hands/" + number;
            this.host = "10.0." + number / 250 + "." + number % 250;
            this.request = request;
            this.token = variable("DORMOUSE_HAND");
            this.asked = asked;
            this.visible = visible;
            this.runs = runs;
        }

        private String variable(String name) {
            return request.overrides().containerOverrides().getFirst().environment().stream()
                    .filter(variable -> variable.name().equals(name))
                    .map(KeyValuePair::value)
                    .findFirst()
                    .orElseThrow();
        }

        String tag(String name) {
            return request.tags().stream()
                    .filter(tag -> tag.key().equals(name))
                    .map(Tag::value)
                    .findFirst()
                    .orElse(null);
        }

        boolean running(Instant now) {
            return ended == null && !now.isBefore(runs);
        }

        void end(Instant at, String reason) {
            if (ended != null) return;
            ended = at;
            why = reason;
        }
    }

    Collection<SimTask> living() {
        return tasks.values().stream().filter(task -> task.ended == null).toList();
    }

    /** By its private address. */
    SimTask at(String host) {
        return tasks.values().stream()
                .filter(task -> task.host.equals(host))
                .findFirst()
                .orElseThrow();
    }

    boolean answers(SimTask task) {
        return task.running(clock.get()) && !task.silent;
    }

    boolean chance(int ofAThousand) {
        return random.nextInt(1_000) < ofAThousand;
    }

    /** Does it, or not, and says nothing of it. */
    private <T> T answered(Supplier<T> deed) {
        if (chance(badness)) throw SdkClientException.create("no answer, nothing was heard");
        if (chance(badness / 4)) throw busy();
        T answer = deed.get();
        if (chance(badness)) throw SdkClientException.create("no answer, though it was done");
        return answer;
    }

    private static EcsException busy() {
        return (EcsException) EcsException.builder()
                .statusCode(500)
                .message("Service unavailable")
                .awsErrorDetails(software.amazon.awssdk.awscore.exception.AwsErrorDetails.builder()
                        .errorCode("ServerException")
                        .build())
                .build();
    }

    @Override
    public RunTaskResponse runTask(RunTaskRequest request) {
        return answered(() -> {
            Instant now = clock.get();
            SimTask earlier = byToken.get(request.clientToken());
            if (earlier != null && now.isBefore(earlier.asked.plus(TOKENS))) return started(earlier);
            if (chance(badness / 2))
                return RunTaskResponse.builder()
                        .failures(Failure.builder()
                                .reason("Capacity is unavailable at this time")
                                .build())
                        .build();
            // Until it is listed and described; half a minute until it runs, or never.
            Instant visible = now.plusMillis(random.nextInt(3_000));
            Instant runs = chance(badness / 2) ? Instant.MAX : now.plusSeconds(20 + random.nextInt(10));
            SimTask task = new SimTask(tasks.size(), request, now, visible, runs);
            if (chance(badness / 2)) task.end(now, "CannotPullContainerError: pull image manifest");
            tasks.put(task.arn, task);
            byToken.put(request.clientToken(), task);
            return started(task);
        });
    }

    private RunTaskResponse started(SimTask task) {
        return RunTaskResponse.builder().tasks(described(task)).build();
    }

    @Override
    public DescribeTasksResponse describeTasks(DescribeTasksRequest request) {
        return answered(() -> {
            List<Task> found = new ArrayList<>();
            List<Failure> missing = new ArrayList<>();
            for (String arn : request.tasks()) {
                SimTask task = tasks.get(arn);
                if (task == null || clock.get().isBefore(task.visible) || forgotten(task))
                    missing.add(Failure.builder().arn(arn).reason("MISSING").build());
                else found.add(described(task));
            }
            return DescribeTasksResponse.builder()
                    .tasks(found)
                    .failures(missing)
                    .build();
        });
    }

    /** An hour after its end ECS knows of no such task. */
    private boolean forgotten(SimTask task) {
        return task.ended != null && clock.get().isAfter(task.ended.plus(Duration.ofHours(1)));
    }

    private Task described(SimTask task) {
        boolean stopped = task.ended != null;
        boolean runs = task.running(clock.get());
        Task.Builder description = Task.builder()
                .taskArn(task.arn)
                .desiredStatus(stopped ? "STOPPED" : "RUNNING")
                .lastStatus(stopped ? "STOPPED" : runs ? "RUNNING" : "PENDING")
                .tags(task.request.tags());
        if (stopped) description.stoppedReason(task.why);
        if (runs)
            description.attachments(Attachment.builder()
                    .type("ElasticNetworkInterface")
                    .details(KeyValuePair.builder()
                            .name("privateIPv4Address")
                            .value(task.host)
                            .build())
                    .build());
        return description.build();
    }

    @Override
    public ListTasksResponse listTasks(ListTasksRequest request) {
        return answered(() -> ListTasksResponse.builder()
                .taskArns(tasks.values().stream()
                        .filter(task -> !clock.get().isBefore(task.visible) && task.ended == null)
                        .map(task -> task.arn)
                        .toList())
                .build());
    }

    @Override
    public StopTaskResponse stopTask(StopTaskRequest request) {
        return answered(() -> {
            SimTask task = tasks.get(request.task());
            if (task == null)
                throw InvalidParameterException.builder()
                        .message("The referenced task was not found.")
                        .build();
            stopping.accept(task, request.reason());
            task.end(clock.get(), request.reason());
            return StopTaskResponse.builder().build();
        });
    }

    @Override
    public String serviceName() {
        return "ecs";
    }

    @Override
    public void close() {}
}
