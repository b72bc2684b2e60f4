package io.dormouse.sandbox.egress;

import io.dormouse.sandbox.room.Outlet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** The way out of a hand: the proxy that its rooms see, the lanes of whoever holds it, and the authority that both ends trust. */
public final class Egress implements AutoCloseable {
    private final Lanes lanes;
    private final LaneDoor door;
    private final Proxy proxy;
    private final Outlet outlet;

    private Egress(Lanes lanes, LaneDoor door, Proxy proxy, Outlet outlet) {
        this.lanes = lanes;
        this.door = door;
        this.proxy = proxy;
        this.outlet = outlet;
    }

    /**
     * @param folder gets what rooms read: certificates, settings, and the proxy's socket where rooms have a network of
     *     their own
     * @param ownNetwork whether they have
     * @param lanesAt where lanes are opened, by those whose secret {@code admits} knows
     */
    public static Egress open(
            String hand, Path folder, boolean ownNetwork, InetSocketAddress lanesAt, Predicate<String> admits)
            throws IOException {
        return open(hand, folder, ownNetwork, lanesAt, admits, Lanes.ATTACHED_WITHIN);
    }

    /** The same, where a request waits {@code attachedWithin} for a holder. */
    static Egress open(
            String hand,
            Path folder,
            boolean ownNetwork,
            InetSocketAddress lanesAt,
            Predicate<String> admits,
            Duration attachedWithin)
            throws IOException {
        Path inside = ownNetwork ? Path.of(Outlet.INSIDE) : folder;
        RoomFiles files = new RoomFiles(folder, inside);
        files.prepare();
        // Half a second of loading classes that nobody waits for but the first shell.
        CompletableFuture<Authority> authority = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("authority").start(() -> make(authority, hand, files));
        Lanes lanes = new Lanes(attachedWithin);
        Proxy proxy = ownNetwork
                ? Proxy.at(folder.resolve(Outlet.SOCKET), authority, lanes)
                : Proxy.onLoopback(authority, lanes);
        int port = ownNetwork ? Outlet.PORT : proxy.port();
        Outlet outlet = new Outlet(folder, RoomVariables.of(inside, port), authority.thenAccept(made -> {}));
        return new Egress(lanes, new LaneDoor(lanesAt, admits, lanes), proxy, outlet);
    }

    private static void make(CompletableFuture<Authority> made, String hand, RoomFiles files) {
        try {
            Authority authority = Authority.of(hand, InstantSource.system());
            files.write(authority.certificate());
            made.complete(authority);
        } catch (IOException | RuntimeException broken) {
            made.completeExceptionally(broken);
        }
    }

    /** How rooms get to it. */
    public Outlet outlet() {
        return outlet;
    }

    /** Where lanes are opened. */
    public int port() {
        return door.port();
    }

    @Override
    public void close() throws IOException {
        door.close();
        lanes.close();
        proxy.close();
        // It writes into the folder, which may be gone afterwards.
        outlet.ready().handle((done, broken) -> null).toCompletableFuture().join();
    }
}
