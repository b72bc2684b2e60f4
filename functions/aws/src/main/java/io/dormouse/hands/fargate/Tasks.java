package io.dormouse.hands.fargate;

import io.dormouse.hands.HandId;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.id.SessionId;
import io.dormouse.id.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.AssignPublicIp;
import software.amazon.awssdk.services.ecs.model.ConflictException;
import software.amazon.awssdk.services.ecs.model.ContainerOverride;
import software.amazon.awssdk.services.ecs.model.DescribeTasksResponse;
import software.amazon.awssdk.services.ecs.model.EcsException;
import software.amazon.awssdk.services.ecs.model.Failure;
import software.amazon.awssdk.services.ecs.model.InvalidParameterException;
import software.amazon.awssdk.services.ecs.model.KeyValuePair;
import software.amazon.awssdk.services.ecs.model.LaunchType;
import software.amazon.awssdk.services.ecs.model.RunTaskRequest;
import software.amazon.awssdk.services.ecs.model.RunTaskResponse;
import software.amazon.awssdk.services.ecs.model.Tag;
import software.amazon.awssdk.services.ecs.model.Task;
import software.amazon.awssdk.services.ecs.model.TaskField;

/** What is asked of ECS. Its answers, failures and silences are values, in words that say nothing about the account. */
final class Tasks {
    private static final System.Logger LOG = System.getLogger("io.dormouse.hands.fargate");

    static final String HAND = "dormouse:hand";
    static final String TOKEN = "dormouse:token";
    private static final String SESSION = "dormouse:session";
    private static final String EPOCH = "dormouse:epoch";
    /** Only on spares, for good: the number of their place. What one was claimed for stands in its claim. */
    static final String POOL = "dormouse:pool";

    /** As many tasks as one request may name. */
    private static final int PAGE = 100;

    private final EcsClient client;
    private final Placement placement;

    Tasks(EcsClient client, Placement placement) {
        this.client = client;
        this.placement = placement;
    }

    Placement placement() {
        return placement;
    }

    // ---- starting

    sealed interface Ran {
        /** @param task its ARN */
        record Started(String task) implements Ran {}

        /** Nothing was started, and nothing will be by this request. @param later whether it is worth asking again soon */
        record Refused(String why, boolean later) implements Ran {}

        /** The same request may be made again, and has to be: it may have been heard. */
        record Unknown(String why) implements Ran {}
    }

    /** Asks for the intent's task. However often and by whomever this is called, there is one. */
    Ran run(Intent intent, HandId hand, SessionId session) {
        return run(
                intent,
                hand.text(),
                tag(HAND, hand.text()),
                tag(TOKEN, intent.token()),
                tag(SESSION, session.text()),
                tag(EPOCH, Long.toString(intent.epoch())));
    }

    /** The same for a spare, which is nobody's. */
    Ran run(Intent intent, Place place) {
        String number = Integer.toString(place.number());
        return run(intent, "place " + number, tag(POOL, number), tag(TOKEN, intent.token()));
    }

    private Ran run(Intent intent, String what, Tag... tags) {
        try {
            return ran(client.runTask(request(intent, tags)));
        } catch (ConflictException e) {
            // A newer deployment asks in other words. What was started by the earlier ones is as good.
            return e.resourceIds().isEmpty()
                    ? refused(e.awsErrorDetails().errorCode(), String.valueOf(e.getMessage()))
                    : new Ran.Started(e.resourceIds().getFirst());
        } catch (EcsException e) {
            said("RunTask for " + what, e);
            String code = e.awsErrorDetails() == null
                    ? "no reason"
                    : e.awsErrorDetails().errorCode();
            return e.isThrottlingException() || e.statusCode() >= 500
                    ? new Ran.Unknown(code)
                    : refused(code, String.valueOf(e.getMessage()));
        } catch (SdkException e) {
            said("RunTask for " + what, e);
            return new Ran.Unknown("no answer");
        }
    }

    private static Ran ran(RunTaskResponse response) {
        if (!response.tasks().isEmpty())
            return new Ran.Started(response.tasks().getFirst().taskArn());
        String why = response.failures().isEmpty()
                ? "no reason"
                : String.valueOf(response.failures().getFirst().reason());
        LOG.log(System.Logger.Level.WARNING, "RunTask started nothing: {0}", response.failures());
        return refused(why, why);
    }

    private static Ran.Refused refused(String code, String message) {
        return new Ran.Refused(scarce(message) ? "no capacity at this time" : brief(code), scarce(message));
    }

    /** Whether it is a lack of machines, or of what the account may have of them at a time. */
    private static boolean scarce(String message) {
        String text = message.toLowerCase(Locale.ROOT);
        return text.contains("capacity") || text.contains("you've reached the limit") || text.startsWith("resource:");
    }

    private RunTaskRequest request(Intent intent, Tag... tags) {
        return RunTaskRequest.builder()
                .cluster(placement.cluster())
                .taskDefinition(placement.taskDefinition())
                .launchType(LaunchType.FARGATE)
                .count(1)
                .clientToken(intent.token())
                .networkConfiguration(network -> network.awsvpcConfiguration(in -> in.subnets(placement.subnets())
                        .securityGroups(placement.securityGroup())
                        .assignPublicIp(AssignPublicIp.DISABLED)))
                .overrides(task -> task.containerOverrides(ContainerOverride.builder()
                        .name(placement.container())
                        .environment(
                                variable("DORMOUSE_HAND", intent.token()),
                                variable("DORMOUSE_SECRET_SHA256", Sha256.hex(intent.secret())))
                        .build()))
                .tags(tags)
                .build();
    }

    private static KeyValuePair variable(String name, String value) {
        return KeyValuePair.builder().name(name).value(value).build();
    }

    private static Tag tag(String key, String value) {
        return Tag.builder().key(key).value(value).build();
    }

    /** For the operator: the account's names are in it. */
    private static void said(String request, SdkException answer) {
        LOG.log(System.Logger.Level.WARNING, "{0}: {1}", request, answer);
    }

    // ---- looking

    sealed interface Seen {
        /** Its time may yet come. */
        record Coming() implements Seen {}

        record Running(String host) implements Seen {}

        /** It ended, or is about to. @param scarce whether it never had a machine */
        record Ended(String why, boolean scarce) implements Seen {}

        /** ECS knows of no such task: no longer, or, in its first seconds, not yet. */
        record Missing() implements Seen {}

        record Unknown(String why) implements Seen {}
    }

    Seen see(String task) {
        DescribeTasksResponse response;
        try {
            response = client.describeTasks(
                    describe -> describe.cluster(placement.cluster()).tasks(task));
        } catch (SdkException e) {
            said("DescribeTasks", e);
            return new Seen.Unknown("ECS does not answer");
        }
        if (!response.tasks().isEmpty()) return seen(response.tasks().getFirst());
        List<String> reasons = response.failures().stream().map(Failure::reason).toList();
        return reasons.contains("MISSING") ? new Seen.Missing() : new Seen.Unknown(brief(String.join(", ", reasons)));
    }

    private static Seen seen(Task task) {
        boolean ends = "STOPPED".equals(task.desiredStatus()) || "STOPPED".equals(task.lastStatus());
        if (ends) {
            String reason = task.stoppedReason() == null ? "no reason given" : task.stoppedReason();
            LOG.log(System.Logger.Level.INFO, "{0} ended: {1} {2}", task.taskArn(), task.stopCodeAsString(), reason);
            return new Seen.Ended(scarce(reason) ? "no capacity at this time" : brief(reason), scarce(reason));
        }
        return "RUNNING".equals(task.lastStatus())
                ? host(task).<Seen>map(Seen.Running::new).orElseGet(Seen.Coming::new)
                : new Seen.Coming();
    }

    private static Optional<String> host(Task task) {
        return task.attachments().stream()
                .filter(attachment -> "ElasticNetworkInterface".equals(attachment.type()))
                .flatMap(attachment -> attachment.details().stream())
                .filter(detail -> "privateIPv4Address".equals(detail.name()))
                .map(detail -> detail.value())
                .findFirst();
    }

    /** Up to the first mark: what follows names images, roles and accounts. */
    private static String brief(String reason) {
        String line = reason.strip();
        int end = 0;
        while (end < line.length() && end < 80 && ":;(\n/".indexOf(line.charAt(end)) < 0) end++;
        return line.substring(0, end).strip();
    }

    // ---- ending

    /** Whether it ends, or is no more. */
    boolean stop(String task, String reason) {
        try {
            client.stopTask(stop -> stop.cluster(placement.cluster()).task(task).reason(reason));
            return true;
        } catch (InvalidParameterException e) {
            if (String.valueOf(e.getMessage()).contains("not found")) return true;
            said("StopTask", e);
            return false;
        } catch (SdkException e) {
            said("StopTask", e);
            return false;
        }
    }

    /** A task that carries a hand's tags, or a spare's. @param hand null for one that was started as a spare */
    record Tagged(String task, HandId hand, String token) {}

    /** Tasks of hands and spares that are not ending, as far as ECS knows of them by now. @throws SdkException when it does not answer */
    List<Tagged> all() {
        List<String> arns = new ArrayList<>();
        client.listTasksPaginator(list -> list.cluster(placement.cluster()).family(placement.family()))
                .taskArns()
                .forEach(arns::add);
        List<Tagged> tagged = new ArrayList<>();
        for (int start = 0; start < arns.size(); start += PAGE) {
            List<String> page = arns.subList(start, Math.min(start + PAGE, arns.size()));
            client.describeTasks(describe ->
                            describe.cluster(placement.cluster()).tasks(page).include(TaskField.TAGS))
                    .tasks()
                    .forEach(task -> tagged(task).ifPresent(tagged::add));
        }
        return tagged;
    }

    private static Optional<Tagged> tagged(Task task) {
        if ("STOPPED".equals(task.desiredStatus())) return Optional.empty();
        Map<String, String> tags = new TreeMap<>();
        task.tags().forEach(tag -> tags.put(tag.key(), tag.value()));
        Optional<HandId> hand = HandId.parse(tags.getOrDefault(HAND, ""));
        return tags.containsKey(TOKEN) && (hand.isPresent() || tags.containsKey(POOL))
                ? Optional.of(new Tagged(task.taskArn(), hand.orElse(null), tags.get(TOKEN)))
                : Optional.empty();
    }
}
