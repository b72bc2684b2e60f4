package io.dormouse.aws;

import io.dormouse.session.SessionLog;
import io.dormouse.testkit.contract.SessionLogContract;

class LocalStackSessionLogTest extends SessionLogContract {
    @Override
    protected SessionLog emptyLog() {
        Emulator emulator = LocalStack.emulator();
        return new DynamoSessionLog(emulator.freshTable(), emulator.freshBlobs());
    }
}
