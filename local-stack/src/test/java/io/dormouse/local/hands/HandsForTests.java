package io.dormouse.local.hands;

import io.dormouse.pace.Pace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Local hands from the classes of this build. */
public final class HandsForTests {
    private HandsForTests() {}

    public static LocalHands in(Path folder, Pace pace) throws IOException {
        SandboxProgram program = SandboxProgram.ofClassPath(System.getProperty("java.class.path"));
        return new LocalHands(folder, program, false, Map.of(), pace);
    }
}
