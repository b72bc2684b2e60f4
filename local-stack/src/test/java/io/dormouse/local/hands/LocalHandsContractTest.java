package io.dormouse.local.hands;

import static org.assertj.core.api.Assertions.fail;

import io.dormouse.hands.HandProvider;
import io.dormouse.threads.ThreadPace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class LocalHandsContractTest extends HandsContract {
    @TempDir
    Path home;

    private final ThreadPace pace = new ThreadPace();
    private LocalHands hands;

    @BeforeEach
    void open() throws IOException {
        hands = HandsForTests.in(home, pace);
        Assumptions.assumeTrue(Walls.stand(), "no bubblewrap here");
    }

    @AfterEach
    void close() {
        hands.close();
        pace.close();
    }

    @Override
    protected HandProvider hands() {
        return hands;
    }

    @Override
    protected int living() {
        return supervisors().size();
    }

    @Override
    protected void crash() {
        List<ProcessHandle> all = supervisors();
        if (all.size() != 1) fail("not one supervisor: " + all);
        all.getFirst().destroyForcibly();
    }

    private List<ProcessHandle> supervisors() {
        return ProcessHandle.allProcesses()
                .filter(process -> environment(process).contains("DORMOUSE_STATE_DIR=" + home + "/"))
                .toList();
    }

    private static String environment(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }
}
