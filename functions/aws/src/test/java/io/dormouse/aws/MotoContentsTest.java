package io.dormouse.aws;

import io.dormouse.resource.Contents;
import io.dormouse.testkit.contract.ContentsContract;

class MotoContentsTest extends ContentsContract {
    @Override
    protected Contents emptyContents() {
        Emulator emulator = Emulator.moto();
        return emulator.freshContents();
    }
}
