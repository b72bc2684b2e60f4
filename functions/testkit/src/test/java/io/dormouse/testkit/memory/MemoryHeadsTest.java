package io.dormouse.testkit.memory;

import io.dormouse.head.Heads;
import io.dormouse.testkit.contract.HeadsContract;

class MemoryHeadsTest extends HeadsContract {
    @Override
    protected Heads emptyHeads() {
        return new MemoryHeads();
    }
}
