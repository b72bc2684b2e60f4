package io.dormouse.local.hands;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Tenure;
import io.dormouse.hands.remote.Endpoint;
import io.dormouse.hands.remote.RemoteHand;
import io.dormouse.hands.remote.SupervisorClient;
import io.dormouse.local.hands.HandFolder.Kept;
import io.dormouse.local.hands.Launcher.Launched;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Hands as processes of this machine, one folder each below {@code hands/}. A supervisor outlives a crash of the suite and
 * is found again by its folder; what keeps a second one away is the lock that it holds on its state. Its agent code runs
 * inside bubblewrap as a user of its own when the suite is root; without bubblewrap there are no hands, unless
 * {@code unsafe} says that commands may run with the suite's own rights.
 *
 * <p>One suite at a time may use the folder. Safe for several threads.
 */
public final class LocalHands implements HandProvider, AutoCloseable {
    /** Users that no distribution gives to people, services or containers; the last is well below nobody's. */
    static final int FIRST_UID = 20_000;

    static final int LAST_UID = 59_999;

    private final Path folder;
    private final Launcher launcher;
    private final SupervisorClient client = new SupervisorClient();
    private final Pace pace;
    private final SecureRandom random = new SecureRandom();
    private final BitSet uids = new BitSet();
    /** The first that is tried: suites of one machine seldom share a user, whose processes the kernel counts together. */
    private final int preferredUid;

    private final ConcurrentHashMap<HandId, Object> locks = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param settings further environment variables for the supervisors; see {@link #passedOn} */
    public LocalHands(Path folder, SandboxProgram program, boolean unsafe, Map<String, String> settings, Pace pace)
            throws IOException {
        this.folder = folder.toAbsolutePath().normalize();
        this.preferredUid = FIRST_UID + Math.floorMod(this.folder.hashCode(), LAST_UID - FIRST_UID + 1);
        this.launcher = new Launcher(program, unsafe, settings, client);
        this.pace = pace;
        Files.createDirectories(this.folder);
        for (HandFolder each : all()) {
            each.kept().ifPresent(kept -> uids.set(kept.uid()));
        }
    }

    /**
     * Of the suite's environment, what is meant for the supervisors: limits, and after how long without a caller they end, which
     * goes by the deployment's name for it, {@code DORMOUSE_HAND_IDLE_SECONDS}, too.
     */
    public static Map<String, String> passedOn(Map<String, String> environment) {
        Map<String, String> passed = new TreeMap<>();
        String idle = environment.getOrDefault("DORMOUSE_HAND_IDLE_SECONDS", "");
        if (!idle.isBlank()) passed.put("DORMOUSE_IDLE_EXIT_SECONDS", idle);
        environment.forEach((name, value) -> {
            if (!value.isBlank() && (name.startsWith("DORMOUSE_LIMIT_") || name.equals("DORMOUSE_IDLE_EXIT_SECONDS"))) {
                passed.put(name, value);
            }
        });
        return passed;
    }

    /** One suite has the folder, and a start takes a second: who asks, and for how long he would wait, does not matter. */
    @Override
    public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
        return provide(id);
    }

    Provided provide(HandId id) {
        try {
            synchronized (lock(id)) {
                return provideAlone(id);
            }
        } catch (IOException broken) {
            return new Provided.Unavailable(String.valueOf(broken.getMessage()));
        }
    }

    @Override
    public Optional<Hand> find(HandId id) {
        try {
            synchronized (lock(id)) {
                HandFolder hand = at(id);
                Optional<Kept> kept = hand.kept();
                return kept.isEmpty() || closed
                        ? Optional.empty()
                        : launcher.find(hand, kept.get()).map(endpoint -> remote(id, endpoint));
            }
        } catch (IOException broken) {
            return Optional.empty();
        }
    }

    @Override
    public void discard(HandId id) {
        try {
            synchronized (lock(id)) {
                HandFolder hand = at(id);
                Optional<Kept> kept = hand.kept();
                if (kept.isPresent()) {
                    launcher.stop(hand, kept.get());
                    hand.delete();
                    free(kept.get().uid());
                }
            }
        } catch (IOException broken) {
            System.getLogger("io.dormouse.local").log(System.Logger.Level.WARNING, "cannot discard " + id, broken);
        }
    }

    /** Stops every hand; their folders stay. Provides none from now on. */
    @Override
    public void close() {
        closed = true;
        List<Thread> stopping = new ArrayList<>();
        for (HandFolder hand : all()) {
            stopping.add(Thread.startVirtualThread(() -> stopAlone(hand)));
        }
        for (Thread each : stopping) {
            try {
                each.join();
            } catch (InterruptedException hurried) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void stopAlone(HandFolder hand) {
        try {
            synchronized (lock(hand.id())) {
                Optional<Kept> kept = hand.kept();
                if (kept.isPresent()) {
                    launcher.stop(hand, kept.get());
                }
            }
        } catch (IOException unreadable) {
            System.getLogger("io.dormouse.local")
                    .log(System.Logger.Level.WARNING, "cannot stop " + hand.id(), unreadable);
        }
    }

    private Provided provideAlone(HandId id) throws IOException {
        if (closed) {
            return new Provided.Unavailable("the suite is stopping");
        }
        HandFolder hand = at(id);
        Kept kept = hand.kept().orElse(null);
        if (kept == null) {
            kept = new Kept(takeUid(), secret());
            hand.keep(kept);
        }
        Optional<Endpoint> living = launcher.find(hand, kept);
        if (living.isPresent()) {
            return new Provided.Ready(remote(id, living.get()), false);
        }
        return switch (launcher.start(hand, kept)) {
            case Launched.Up(Endpoint endpoint) -> new Provided.Ready(remote(id, endpoint), true);
            case Launched.Down(String why) -> new Provided.Unavailable(why);
        };
    }

    private RemoteHand remote(HandId id, Endpoint endpoint) {
        return new RemoteHand(client, endpoint, () -> again(id), pace);
    }

    /** The same hand once more, started on its old state if need be; never a new one in the place of one discarded. */
    private Optional<Endpoint> again(HandId id) {
        try {
            synchronized (lock(id)) {
                HandFolder hand = at(id);
                Optional<Kept> kept = hand.kept();
                if (kept.isEmpty() || closed) {
                    return Optional.empty();
                }
                Optional<Endpoint> living = launcher.find(hand, kept.get());
                if (living.isPresent()) {
                    return living;
                }
                return launcher.start(hand, kept.get()) instanceof Launched.Up(Endpoint endpoint)
                        ? Optional.of(endpoint)
                        : Optional.empty();
            }
        } catch (IOException broken) {
            return Optional.empty();
        }
    }

    private Object lock(HandId id) {
        return locks.computeIfAbsent(id, each -> new Object());
    }

    private HandFolder at(HandId id) {
        if (!id.text().matches("[A-Za-z0-9_-]{1,80}")) {
            throw new IllegalArgumentException("not a hand's id");
        }
        return new HandFolder(id, folder.resolve(id.text()));
    }

    private List<HandFolder> all() {
        try (Stream<Path> folders = Files.list(folder)) {
            return folders.filter(Files::isDirectory)
                    .map(path -> new HandFolder(new HandId(path.getFileName().toString()), path))
                    .toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private int takeUid() throws IOException {
        synchronized (uids) {
            int uid = uids.nextClearBit(preferredUid);
            if (uid > LAST_UID) {
                uid = uids.nextClearBit(FIRST_UID);
            }
            if (uid > LAST_UID) {
                throw new IOException("there are as many hands as users for them; delete sessions");
            }
            uids.set(uid);
            return uid;
        }
    }

    private void free(int uid) {
        synchronized (uids) {
            uids.clear(uid);
        }
    }

    private String secret() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
