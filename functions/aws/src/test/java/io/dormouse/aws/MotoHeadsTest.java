package io.dormouse.aws;

import io.dormouse.head.Heads;
import io.dormouse.testkit.contract.HeadsContract;

class MotoHeadsTest extends HeadsContract {
    @Override
    protected Heads emptyHeads() {
        Emulator emulator = Emulator.moto();
        return new DynamoHeads(emulator.freshTable(), emulator.freshBlobs(), Emulator.RANDOM);
    }
}
