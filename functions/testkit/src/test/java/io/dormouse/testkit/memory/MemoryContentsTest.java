package io.dormouse.testkit.memory;

import io.dormouse.resource.Contents;
import io.dormouse.testkit.contract.ContentsContract;

class MemoryContentsTest extends ContentsContract {
    @Override
    protected Contents emptyContents() {
        return new MemoryContents();
    }
}
