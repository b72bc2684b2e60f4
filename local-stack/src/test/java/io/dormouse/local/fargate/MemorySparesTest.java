package io.dormouse.local.fargate;

import io.dormouse.hands.fargate.Spares;

class MemorySparesTest extends SparesContract {
    @Override
    protected Spares empty() {
        return new MemorySpares();
    }
}
