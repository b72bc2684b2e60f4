package io.dormouse.testkit.memory;

import io.dormouse.session.SessionLog;
import io.dormouse.testkit.contract.SessionLogContract;

class MemorySessionLogTest extends SessionLogContract {
    @Override
    protected SessionLog emptyLog() {
        return new MemorySessionLog();
    }
}
