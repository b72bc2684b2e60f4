package io.dormouse.local.hands;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.pace.Cancellation;
import io.dormouse.threads.ThreadPace;
import java.nio.file.Path;
import java.util.Map;

/** A suite in a process of its own, for tests that kill it: makes a hand, runs a command in it, says so, and stays. */
public final class OtherSuite {
    private OtherSuite() {}

    public static void main(String[] arguments) throws Exception {
        LocalHands hands = new LocalHands(
                Path.of(arguments[0]),
                SandboxProgram.ofClassPath(System.getProperty("java.class.path")),
                false,
                Map.of(),
                new ThreadPace());
        Provided.Ready ready = (Provided.Ready) hands.provide(new HandId(arguments[1]));
        var input = JsonNodeFactory.instance.objectNode().put("command", arguments[2]);
        ready.hand().execute(new HandCall("other_suite_call", "bash", input), new Cancellation());
        System.out.println("ready");
        Thread.sleep(Long.MAX_VALUE);
    }
}
