package io.dormouse.testkit.sim;

import io.dormouse.session.SessionLog;
import io.dormouse.testkit.contract.SessionLogContract;

class StoredLogTest extends SessionLogContract {
    @Override
    protected SessionLog emptyLog() {
        return new StoredLog();
    }
}
