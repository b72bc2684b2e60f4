package io.dormouse.deployment;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.services.ecs.EcsClient;
import software.amazon.awssdk.services.ecs.model.ClusterNotFoundException;
import software.amazon.awssdk.services.ecs.model.InvalidParameterException;

/**
 * Ends all sandboxes of a deployment. ECS deletes no cluster in which a task runs, and EC2 no network that one is in; so this
 * comes after whatever starts tasks is gone, and before the stack of the hands goes. What sandboxes have not saved is lost.
 *
 * @param patience for the last one to end
 * @param look between two looks at them
 */
record Eviction(EcsClient ecs, Duration patience, Duration look) {
    private static final String REASON = "the deployment is destroyed";
    /** As many tasks as one request may name. */
    private static final int PAGE = 100;

    /** Half a minute is usual: a container may take that long to end, and its network interface as long to be given back. */
    static Eviction with(EcsClient ecs) {
        return new Eviction(ecs, Duration.ofMinutes(10), Duration.ofSeconds(3));
    }

    /**
     * @return how many there were; none if there is no such cluster
     * @throws IllegalStateException when some do not end
     */
    int from(String cluster) {
        Set<String> asked = new LinkedHashSet<>();
        long giveUp = System.nanoTime() + patience.toNanos();
        try {
            while (true) {
                // Again each time: one that was on its way when the others were counted.
                List<String> running = running(cluster);
                for (String task : running) if (stop(cluster, task)) asked.add(task);
                if (running.isEmpty() && ended(cluster, List.copyOf(asked))) return asked.size();
                if (System.nanoTime() > giveUp)
                    throw new IllegalStateException(
                            "sandboxes still run in the cluster " + cluster + ", though they were stopped");
                TimeUnit.NANOSECONDS.sleep(look.toNanos());
            }
        } catch (ClusterNotFoundException none) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Also those that are on their way. */
    private List<String> running(String cluster) {
        return ecs.listTasksPaginator(list -> list.cluster(cluster)).taskArns().stream()
                .toList();
    }

    private boolean stop(String cluster, String task) {
        try {
            ecs.stopTask(stop -> stop.cluster(cluster).task(task).reason(REASON));
            return true;
        } catch (InvalidParameterException gone) {
            return false;
        }
    }

    /** Whether all are gone, their network interfaces too. */
    private boolean ended(String cluster, List<String> tasks) {
        for (int from = 0; from < tasks.size(); from += PAGE) {
            List<String> page = tasks.subList(from, Math.min(from + PAGE, tasks.size()));
            boolean all = ecs
                    .describeTasks(describe -> describe.cluster(cluster).tasks(page))
                    .tasks()
                    .stream()
                    .allMatch(task -> "STOPPED".equals(task.lastStatus()));
            if (!all) return false;
        }
        return true;
    }
}
