package io.dormouse.aws;

import io.dormouse.resource.Blobs;
import io.dormouse.testkit.contract.BlobsContract;

class MotoBlobsTest extends BlobsContract {
    @Override
    protected Blobs emptyBlobs() {
        Emulator emulator = Emulator.moto();
        return emulator.freshBlobs();
    }
}
