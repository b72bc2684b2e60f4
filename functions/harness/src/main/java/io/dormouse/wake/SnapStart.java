package io.dormouse.wake;

import io.quarkus.runtime.Quarkus;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/**
 * What happens before Lambda takes the snapshot that all processes of a version start from (SnapStart): the application starts,
 * and a rehearsal of a wake leaves its classes loaded and compiled, and nothing else. The brain is made by the first invocation,
 * so what it draws at random, knows of the time or has connected is of one process.
 */
@Singleton
final class SnapStart implements Resource {
    /** When the container is up: on Lambda that is while the function is initialized, long before the application starts. */
    void register(@Observes @Initialized(ApplicationScoped.class) Object container) {
        Core.getGlobalContext().register(this);
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        Quarkus.manualStart();
        Priming.run(System.getenv());
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {}
}
