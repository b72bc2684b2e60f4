package io.dormouse.aws;

import io.dormouse.resource.Resources;
import io.dormouse.testkit.contract.ResourcesContract;
import java.time.InstantSource;

class LocalStackResourcesTest extends ResourcesContract {
    @Override
    protected Resources emptyResources(InstantSource clock) {
        Emulator emulator = LocalStack.emulator();
        return new DynamoResources(emulator.freshTable(), emulator.freshBlobs(), clock, Emulator.RANDOM);
    }
}
