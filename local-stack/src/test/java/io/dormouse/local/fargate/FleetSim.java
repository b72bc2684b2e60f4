package io.dormouse.local.fargate;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Supervisors;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.Workspace;
import io.dormouse.hands.fargate.Claim;
import io.dormouse.hands.fargate.FargateHands;
import io.dormouse.hands.fargate.HandRecord.Phase;
import io.dormouse.hands.fargate.Patience;
import io.dormouse.hands.fargate.Place.Stage;
import io.dormouse.hands.fargate.Stock;
import io.dormouse.head.Head;
import io.dormouse.head.Lease;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.local.fargate.SimEcs.SimTask;
import io.dormouse.pace.Cancellation;
import io.dormouse.testkit.memory.MemoryContents;
import io.dormouse.testkit.memory.MemoryHeads;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Hands, their pool and their sweep, in a world that a seed makes: owners, takeovers, sweeps, deletions and deaths of tasks
 * come in the middle of each other, at every call of a port; processes die there, and answers are lost. One thread: whoever
 * comes in the middle goes to its end before the one in whose middle it came goes on, which is then the slow one.
 */
final class FleetSim {
    static final Duration IDLE = Duration.ofMinutes(15);
    /** A claimer takes no longer to write its record. */
    private static final Duration GRACE = Duration.ofMinutes(2);

    private static final int SESSIONS = 4;
    private static final int STEPS = 60;
    private static final int DEEPEST = 3;

    private final Random random;
    private final int poolSize;
    private final Story story = new Story();
    private final SimEcs ecs;
    private final MemoryHeads heads = new MemoryHeads();
    private final MemoryHandRecords records = new MemoryHandRecords();
    private final MemorySpares spares = new MemorySpares();
    private final MemoryContents contents = new MemoryContents();
    private final SimPorts ports = new SimPorts(this::point, this::lost);
    private final List<Session> sessions = new ArrayList<>();
    private final Map<String, SessionId> usedBy = new HashMap<>();
    private final Ids ids;
    private final FargateHands hands;
    /** What somebody began and nobody waits for. */
    private final List<Supplier<?>> side;

    private Instant now = Instant.parse("2026-03-01T12:00:00Z");
    private int depth;
    private boolean calm;
    int deaths;
    int stopped;

    FleetSim(long seed) {
        random = new Random(seed * 0x9E3779B97F4A7C15L);
        ids = new Ids(() -> now, random);
        poolSize = random.nextInt(3);
        ecs = new SimEcs(random, () -> now);
        ecs.badness = random.nextInt(4) * 40;
        ecs.stopping = this::mayStop;
        SimPace pace = new SimPace(() -> now, this::passed);
        hands = new FargateHands(
                HandImage.placement(),
                ports.of(ecs),
                ports.of(records),
                new Stock(ports.of(spares), poolSize),
                new Reached(),
                ports.of(heads),
                ports.of(contents),
                pace,
                Patience.USUAL,
                random);
        side = pace.side();
        for (int i = 0; i < SESSIONS; i++) sessions.add(new Session());
    }

    /** Dies here, and what it was about to do next is never done. */
    static final class Death extends Error {
        private static final long serialVersionUID = 1;
    }

    /** What a session's owners know of its hand. */
    private final class Session {
        SessionId id = ids.session();
        long epoch;
        /** The hand that the present owner works with; null when nobody does. */
        SimTask inUse;
        /** What the model takes for the content of its workspace. */
        String expected = "";

        Session() {
            heads.create(Head.fresh(WorkspaceId.DEFAULT, id, now));
        }

        Head head() {
            return heads.read(id.primaryThread()).orElseThrow();
        }

        HandId hand() {
            return HandId.of(id.primaryThread());
        }

        void lease(String owner) {
            Head before = head();
            Head after = new Head(
                    before.workspace(),
                    before.session(),
                    before.thread(),
                    before.version() + 1,
                    before.nextSeq(),
                    before.mail(),
                    new Lease(epoch, owner, owner == null ? null : now),
                    before.snapshot(),
                    before.archivedAt(),
                    before.deleted(),
                    before.createdAt(),
                    owner == null ? now : before.updatedAt());
            heads.swap(before, after);
        }
    }

    // ---- the run

    void run() {
        for (int step = 0; step < STEPS; step++) anything();
        settle();
    }

    private void anything() {
        Session session = sessions.get(random.nextInt(SESSIONS));
        depth++;
        try {
            switch (random.nextInt(12)) {
                case 0, 1, 2, 3, 4 -> work(session);
                case 5, 6 -> sweep();
                case 7 -> delete(session);
                case 8 -> later(Duration.ofSeconds(random.nextInt(1_800)));
                case 9 -> harm();
                default -> onTheSide();
            }
        } catch (Death death) {
            deaths++;
        } finally {
            depth--;
        }
    }

    /** One owner's time with a session. */
    private void work(Session session) {
        if (session.head().deleted()) return;
        long epoch = ++session.epoch;
        session.inUse = null;
        session.lease("owner " + epoch);
        story.tell(now, session.id + " is woken under " + epoch);
        for (int calls = 1 + random.nextInt(2); calls > 0; calls--) if (!call(session, epoch)) break;
        if (session.epoch != epoch || random.nextInt(8) == 0) return;
        session.inUse = null;
        session.lease(null);
    }

    private boolean call(Session session, long epoch) {
        Tenure tenure = new Tenure(session.id, epoch);
        Provided provided = hands.provide(session.hand(), tenure, new Cancellation());
        if (!(provided instanceof Provided.Ready ready)) return false;
        SimTask task = ((SimHand) ready.hand()).task;
        story.tell(now, session.id + " under " + epoch + " has " + task.arn + ", note " + ready.note());
        // A zombie is told by its head's next beat; what it may do with a hand until then is the journal's affair.
        if (session.epoch != epoch || session.head().deleted() || !ecs.answers(task)) return false;
        SessionId other = usedBy.putIfAbsent(task.arn, session.id);
        if (other != null && !other.equals(session.id))
            fail(task.arn + " was " + other + "'s, and is " + session.id + "'s");
        if (ready.note() == null && !task.files.equals(session.expected))
            fail(session.id + " has '" + task.files + "' in the place of '" + session.expected + "', and was not told");
        task.used = true;
        task.files = session.id + " at " + now + " by " + epoch;
        session.expected = task.files;
        session.inUse = task;
        if (ready.note() != null) told(session, tenure);
        return true;
    }

    private void told(Session session, Tenure tenure) {
        try {
            hands.told(session.hand(), tenure);
        } catch (SdkException e) {
            // It is told once more.
        }
    }

    private void sweep() {
        hands.sweep(IDLE);
    }

    private void delete(Session session) {
        Optional<Head> deleted = session.head().delete(now);
        if (session.head().lease().held() || deleted.isEmpty()) return;
        story.tell(now, session.id + " is deleted");
        heads.swap(session.head(), deleted.get());
        sessions.set(sessions.indexOf(session), new Session());
        try {
            hands.discard(session.hand());
        } catch (SdkException e) {
            // The sweep finds it.
        }
    }

    private void harm() {
        List<SimTask> living = List.copyOf(ecs.living());
        if (living.isEmpty()) return;
        SimTask victim = living.get(random.nextInt(living.size()));
        story.tell(now, victim.arn + " is harmed");
        if (random.nextBoolean()) victim.end(now, "Essential container in task exited");
        else victim.silent = true;
    }

    private void onTheSide() {
        if (!side.isEmpty()) side.remove(random.nextInt(side.size())).get();
    }

    private void later(Duration time) {
        now = now.plus(time);
    }

    private void passed(Duration time) {
        now = now.plus(time);
        point();
    }

    /** Where processes die, and others come in the middle. */
    private void point() {
        if (calm) return;
        if (random.nextInt(150) == 0) {
            story.tell(now, "somebody dies");
            throw new Death();
        }
        if (depth < DEEPEST && random.nextInt(25) == 0) anything();
    }

    /** Whether an answer is lost. */
    private boolean lost() {
        return !calm && ecs.chance(ecs.badness / 4);
    }

    // ---- what has to hold

    private void mayStop(SimTask task, String reason) {
        story.tell(now, task.arn + " is stopped: " + reason);
        stopped++;
        for (Session session : sessions)
            if (session.inUse == task && task.ended == null && !task.silent)
                fail(task.arn + " is stopped, and " + session.id + " works with it under " + session.epoch);
        if (reason.equals("it is no hand") && hasOwner(task)) fail(task.arn + " is stopped as nobody's, and is not");
    }

    /** A record has it, or its claimer is about to write one. */
    private boolean hasOwner(SimTask task) {
        Optional<Claim> claim = spares.claimed(task.token);
        if (claim.isPresent() && now.isBefore(claim.get().at().plus(GRACE))) return true;
        return sessions.stream()
                .flatMap(session -> records.read(session.hand()).stream())
                .anyMatch(record -> task.token.equals(token(record.phase())));
    }

    private static String token(Phase phase) {
        return switch (phase) {
            case Phase.None n -> null;
            case Phase.Asked asked -> asked.intent().token();
            case Phase.Started started -> started.intent().token();
            case Phase.Reached reached -> reached.intent().token();
            case Phase.Saving saving -> saving.intent().token();
        };
    }

    /** Everything is well from now on, and all come to rest. */
    private void settle() {
        calm = true;
        ecs.badness = 0;
        side.clear();
        for (Session session : sessions) work(session);
        for (Session session : sessions) {
            session.inUse = null;
            session.lease(null);
        }
        // Longer than anything that is waited for: half an hour of saves that fail, an hour of claims.
        for (int minutes = 0; minutes < 180; minutes += 3) {
            later(Duration.ofMinutes(3));
            sweep();
        }
        onlySpares("when all rest");
        for (Session session : sessions) {
            if (!call(session, session.epoch)) fail(session.id + " has no hand in the best of worlds");
            session.inUse = null;
            delete(session);
        }
        for (int minutes = 0; minutes < 15; minutes += 3) {
            later(Duration.ofMinutes(3));
            sweep();
        }
        onlySpares("when all is deleted");
        if (deaths == 0 && !contents.names().isEmpty()) fail("nobody died, and " + contents.names() + " are left");
    }

    private void onlySpares(String when) {
        List<String> ready = spares.places().stream()
                .filter(place -> place.stage() instanceof Stage.Ready)
                .map(place -> ((Stage.Ready) place.stage()).task())
                .sorted()
                .toList();
        List<String> living =
                ecs.living().stream().map(task -> task.arn).sorted().toList();
        if (ready.size() != poolSize || !living.equals(ready))
            fail(when + " there live " + living + ", and spares are " + ready + " of " + poolSize);
    }

    private void fail(String what) {
        throw new AssertionError(what + "\n" + story);
    }

    // ---- the way to supervisors

    private final class Reached implements Supervisors {
        @Override
        public boolean answers(Address address, String name) {
            point();
            SimTask task = ecs.at(address.host());
            return !lost() && ecs.answers(task) && task.token.equals(name);
        }

        @Override
        public Hand hand(Address address, Supplier<Optional<Address>> again) {
            return new SimHand(ecs.at(address.host()));
        }
    }

    private final class SimHand implements Hand, Workspace {
        final SimTask task;

        SimHand(SimTask task) {
            this.task = task;
        }

        @Override
        public HandResult execute(HandCall call, Cancellation cancellation) {
            throw new UnsupportedOperationException("nothing is executed here");
        }

        @Override
        public Optional<Workspace> workspace() {
            return Optional.of(this);
        }

        private SimTask reached() throws IOException {
            point();
            if (!ecs.answers(task) || lost()) throw new IOException("no answer");
            return task;
        }

        @Override
        public InputStream save() throws IOException {
            return new ByteArrayInputStream(reached().files.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public Restored restore(String sha256, long sizeBytes, InputStream content, Cancellation cancellation)
                throws IOException {
            SimTask there = reached();
            if (there.restored) return new Restored.Done(null);
            if (there.used) return new Restored.Refused("it was used");
            there.files = new String(content.readAllBytes(), StandardCharsets.UTF_8);
            there.restored = true;
            if (lost()) throw new IOException("no answer, though it was done");
            return new Restored.Done(null);
        }
    }

    /** The last of what happened, for a failure. */
    private static final class Story {
        private static final int TOLD = 60;
        private final List<String> lines = new ArrayList<>();

        void tell(Instant when, String what) {
            lines.add(when + " " + what);
        }

        @Override
        public String toString() {
            return String.join("\n", lines.subList(Math.max(0, lines.size() - TOLD), lines.size()));
        }
    }
}
