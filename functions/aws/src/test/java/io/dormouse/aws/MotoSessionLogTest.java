package io.dormouse.aws;

import io.dormouse.session.SessionLog;
import io.dormouse.testkit.contract.SessionLogContract;

class MotoSessionLogTest extends SessionLogContract {
    @Override
    protected SessionLog emptyLog() {
        Emulator emulator = Emulator.moto();
        return new DynamoSessionLog(emulator.freshTable(), emulator.freshBlobs());
    }
}
