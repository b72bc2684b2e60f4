package io.dormouse.aws;

import io.dormouse.resource.Blobs;
import io.dormouse.testkit.contract.BlobsContract;

class LocalStackBlobsTest extends BlobsContract {
    @Override
    protected Blobs emptyBlobs() {
        Emulator emulator = LocalStack.emulator();
        return emulator.freshBlobs();
    }
}
