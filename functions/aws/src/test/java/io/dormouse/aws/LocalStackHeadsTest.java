package io.dormouse.aws;

import io.dormouse.head.Heads;
import io.dormouse.testkit.contract.HeadsContract;

class LocalStackHeadsTest extends HeadsContract {
    @Override
    protected Heads emptyHeads() {
        Emulator emulator = LocalStack.emulator();
        return new DynamoHeads(emulator.freshTable(), emulator.freshBlobs(), Emulator.RANDOM);
    }
}
