package io.dormouse.testkit.memory;

import io.dormouse.resource.Resources;
import io.dormouse.testkit.contract.ResourcesContract;
import java.time.InstantSource;

class MemoryResourcesTest extends ResourcesContract {
    @Override
    protected Resources emptyResources(InstantSource clock) {
        return new MemoryResources(clock);
    }
}
