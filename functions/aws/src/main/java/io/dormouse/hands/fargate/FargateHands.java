package io.dormouse.hands.fargate;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Supervisors;
import io.dormouse.hands.Supervisors.Address;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.fargate.HandRecord.Intent;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.Tasks.Seen;
import io.dormouse.head.Heads;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import io.dormouse.resource.Contents;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ecs.EcsClient;

/**
 * Hands as tasks on Fargate: no role, no secret, no way out. A record beside the thread's head says which task is the hand; it
 * is written before the task is asked for, with the key that makes the request idempotent, so that a process that dies in
 * between costs nothing and another goes on. Whatever AWS does, callers get a hand or a reason. Safe for several threads.
 */
public final class FargateHands implements HandProvider {
    private final HandRecords records;
    private final Tasks tasks;
    private final Pool pool;
    private final Supervisors supervisors;
    private final Heads heads;
    private final Checkpoints checkpoints;
    private final Pace pace;
    private final Patience patience;
    private final RandomGenerator random;

    /**
     * @param ecs not closed here
     * @param supervisors how tasks are spoken to once they run
     * @param stock of spare tasks
     * @param heads tell the sweep who sleeps and who is gone
     * @param workspaces where those of hands that rest are kept; nobody else may use it
     * @param random makes secrets: a secure one
     */
    public FargateHands(
            Placement placement,
            EcsClient ecs,
            HandRecords records,
            Stock stock,
            Supervisors supervisors,
            Heads heads,
            Contents workspaces,
            Pace pace,
            Patience patience,
            RandomGenerator random) {
        this.records = records;
        this.tasks = new Tasks(ecs, placement);
        this.supervisors = supervisors;
        this.heads = heads;
        this.checkpoints = new Checkpoints(workspaces, pace);
        this.pace = pace;
        this.patience = patience;
        this.random = random;
        this.pool = new Pool(stock, tasks, pace, patience, this::intent, this::answers);
    }

    /** As the deployment tells it; nothing in a deployment without hands. */
    public static Optional<FargateHands> of(
            Map<String, String> environment,
            EcsClient ecs,
            HandRecords records,
            Spares spares,
            Supervisors supervisors,
            Heads heads,
            Contents workspaces,
            Pace pace,
            RandomGenerator random) {
        return Placement.of(environment)
                .map(placement -> new FargateHands(
                        placement,
                        ecs,
                        records,
                        Stock.of(environment, spares),
                        supervisors,
                        heads,
                        workspaces,
                        pace,
                        Patience.USUAL,
                        random));
    }

    @Override
    public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
        try {
            Provision.Fleet fleet = new Provision.Fleet(
                    records, tasks, pool, checkpoints, pace, patience, this::intent, new Dialled(id));
            return new Provision(id, tenure, cancellation, fleet).run();
        } catch (SdkException e) {
            log("the record of " + id + " cannot be kept", e);
            return new Provided.Unavailable("its record cannot be kept");
        }
    }

    @Override
    public void told(HandId id, Tenure tenure) {
        records.read(id)
                .filter(record -> record.note() != null && record.epoch() == tenure.epoch())
                .ifPresent(record -> records.swap(record, record.told()));
    }

    @Override
    public Optional<Hand> find(HandId id) {
        try {
            return records.read(id)
                    .flatMap(FargateHands::reached)
                    .filter(reached -> supervisors.answers(
                            address(reached), reached.intent().token()))
                    .map(reached -> new Dialled(id).hand(reached));
        } catch (SdkException e) {
            log("the record of " + id + " cannot be read", e);
            return Optional.empty();
        }
    }

    /** A task's disk goes with it; what is saved of it was saved at rest. */
    @Override
    public boolean keepsFiles() {
        return false;
    }

    /** What is not stopped now is nobody's from here on, and the sweep stops it. */
    @Override
    public void discard(HandId id) {
        Optional<HandRecord> record = records.read(id);
        // Before the record that names them. Who saves right now finds no record to tell, and deletes it himself.
        record.ifPresent(kept -> checkpoints.delete(kept.contents()));
        records.delete(id);
        record.flatMap(FargateHands::task).ifPresent(task -> tasks.stop(task, "its session is gone"));
    }

    /**
     * What a sweep did.
     *
     * @param seen tasks of hands, and spares
     * @param orphans of them stopped, since no record has them
     * @param idle of them stopped, since their session rests or is gone
     * @param failed of them that should have been stopped, and were not; the next sweep tries again
     */
    public record Swept(int seen, int orphans, int idle, int failed) {}

    /**
     * Stops tasks that no record has, and hands of threads that are gone or have rested for so long; nothing else. What those
     * that rest hold is saved first, a few at a time. Then fills the places of the pool, and empties those that are too many. To
     * be called every minute or so, by one process or by several.
     *
     * @param deadline no save is begun that may last longer
     */
    public Swept sweep(Duration idle, Instant deadline) {
        return new Sweep(records, tasks, pool, heads, checkpoints, pace, (id, reached) -> new Dialled(id).hand(reached))
                .run(idle, deadline);
    }

    /** However long it takes. */
    public Swept sweep(Duration idle) {
        return sweep(idle, Instant.MAX);
    }

    private static Optional<Phase.Reached> reached(HandRecord record) {
        return switch (record.phase()) {
            case Phase.None n -> Optional.empty();
            case Phase.Asked a -> Optional.empty();
            case Phase.Started s -> Optional.empty();
            case Phase.Reached reached -> Optional.of(reached);
            case Phase.Saving saving -> Optional.of(saving.reached());
        };
    }

    static Optional<String> task(HandRecord record) {
        return switch (record.phase()) {
            case Phase.None n -> Optional.empty();
            case Phase.Asked a -> Optional.empty();
            case Phase.Started started -> Optional.of(started.task());
            case Phase.Reached reached -> Optional.of(reached.task());
            case Phase.Saving saving -> Optional.of(saving.task());
        };
    }

    private Intent intent(long epoch) {
        return new Intent(hex(16), hex(32), epoch, pace.now());
    }

    private String hex(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private boolean answers(Intent intent, String host) {
        return supervisors.answers(address(intent, host), intent.token());
    }

    private Address address(Intent intent, String host) {
        return new Address(host, tasks.placement().port(), intent.secret());
    }

    private Address address(Phase.Reached reached) {
        return address(reached.intent(), reached.host());
    }

    private static void log(String what, SdkException why) {
        System.getLogger("io.dormouse.hands.fargate").log(System.Logger.Level.WARNING, what, why);
    }

    private final class Dialled implements Provision.Dial {
        private final HandId id;

        Dialled(HandId id) {
            this.id = id;
        }

        @Override
        public boolean answers(Intent intent, String host) {
            return FargateHands.this.answers(intent, host);
        }

        @Override
        public Hand hand(Phase.Reached reached) {
            return supervisors.hand(address(reached), () -> again(reached));
        }

        /** A task never comes back: either it answers where it was, or it is gone. */
        private Optional<Address> again(Phase.Reached reached) {
            Instant since = pace.now();
            while (!answers(reached.intent(), reached.host())) {
                boolean ended =
                        switch (tasks.see(reached.task())) {
                            case Seen.Ended e -> true;
                            case Seen.Missing m -> true;
                            case Seen.Coming c -> false;
                            case Seen.Running r -> false;
                            case Seen.Unknown u -> false;
                        };
                if (ended || pace.now().isAfter(since.plus(patience.silence()))) return Optional.empty();
                pace.pause(patience.look(), new Cancellation());
            }
            return Optional.of(address(reached));
        }
    }
}
