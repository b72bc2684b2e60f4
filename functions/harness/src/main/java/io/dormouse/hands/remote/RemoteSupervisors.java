package io.dormouse.hands.remote;

import io.dormouse.hands.Hand;
import io.dormouse.hands.Supervisors;
import io.dormouse.pace.Pace;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Supervisors over HTTP. Safe for several threads. */
public final class RemoteSupervisors implements Supervisors, AutoCloseable {
    private static final Duration HEALTH = Duration.ofSeconds(3);

    private final SupervisorClient client = new SupervisorClient();
    private final Pace pace;

    public RemoteSupervisors(Pace pace) {
        this.pace = pace;
    }

    @Override
    public boolean answers(Address address, String name) {
        return client.healthy(endpoint(address), name, HEALTH);
    }

    @Override
    public Hand hand(Address address, Supplier<Optional<Address>> again) {
        return new RemoteHand(client, endpoint(address), () -> again.get().map(RemoteSupervisors::endpoint), pace);
    }

    private static Endpoint endpoint(Address address) {
        return new Endpoint(URI.create("http://" + address.host() + ":" + address.port()), address.secret());
    }

    /** Cuts what is under way. */
    @Override
    public void close() {
        client.close();
    }
}
