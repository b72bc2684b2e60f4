package io.dormouse.testkit.memory;

import io.dormouse.resource.Blobs;
import io.dormouse.testkit.contract.BlobsContract;

class MemoryBlobsTest extends BlobsContract {
    @Override
    protected Blobs emptyBlobs() {
        return new MemoryBlobs();
    }
}
