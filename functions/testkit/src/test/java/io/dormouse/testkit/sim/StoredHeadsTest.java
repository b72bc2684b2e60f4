package io.dormouse.testkit.sim;

import io.dormouse.head.Heads;
import io.dormouse.testkit.contract.HeadsContract;

class StoredHeadsTest extends HeadsContract {
    @Override
    protected Heads emptyHeads() {
        return new StoredHeads();
    }
}
