package io.dormouse.aws;

import io.dormouse.resource.Contents;
import io.dormouse.testkit.contract.ContentsContract;

class LocalStackContentsTest extends ContentsContract {
    @Override
    protected Contents emptyContents() {
        Emulator emulator = LocalStack.emulator();
        return emulator.freshContents();
    }
}
