package io.dormouse.aws;

import io.dormouse.resource.Resources;
import io.dormouse.testkit.contract.ResourcesContract;
import java.time.InstantSource;

class MotoResourcesTest extends ResourcesContract {
    @Override
    protected Resources emptyResources(InstantSource clock) {
        Emulator emulator = Emulator.moto();
        return new DynamoResources(emulator.freshTable(), emulator.freshBlobs(), clock, Emulator.RANDOM);
    }
}
