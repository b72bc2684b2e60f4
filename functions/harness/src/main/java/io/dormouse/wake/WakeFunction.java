package io.dormouse.wake;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.aws.Variables;
import io.dormouse.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;

/** The function {@code harness}. What an invocation throws Lambda tries again, under the same request id. */
public final class WakeFunction implements RequestStreamHandler {
    private static final System.Logger LOG = System.getLogger("io.dormouse.wake");

    /** A hand of a session that has rested for so long is stopped. */
    private final Duration idle =
            Variables.seconds(System.getenv(), "DORMOUSE_HAND_IDLE_SECONDS", Duration.ofMinutes(15));

    /** For as long as Lambda keeps this process: folds that it remembers are not read again. */
    private final Brain brain = Brain.of(System.getenv());

    private final Rounds rounds = brain.rounds();

    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        ObjectNode answer =
                switch (Event.of(Json.MAPPER.readTree(input))) {
                    case Event.Wake wake -> wake(wake, context);
                    case Event.Changes changes -> follow(changes);
                    case Event.Sweep sweep -> sweep(deadline(context));
                };
        output.write(Json.bytes(answer));
    }

    private Instant deadline(Context context) {
        return brain.now().plusMillis(context.getRemainingTimeInMillis());
    }

    private ObjectNode wake(Event.Wake wake, Context context) {
        var woken = brain.harness().wake(wake.thread(), context.getAwsRequestId(), deadline(context));
        return Json.object().put("woken", woken.name());
    }

    private ObjectNode follow(Event.Changes changes) {
        ObjectNode answer = Json.object();
        ArrayNode failures = answer.putArray("batchItemFailures");
        rounds.follow(changes.changes()).forEach(number -> failures.addObject().put("itemIdentifier", number));
        return answer;
    }

    private ObjectNode sweep(Instant deadline) {
        int stuck = rounds.sweep();
        ObjectNode answer = Json.object().put("stuck", stuck);
        // A line of its own, and nothing else in it: the alarm is made of such lines.
        if (stuck > 0) System.out.println(Json.text(answer));
        swept("files", () -> brain.files().sweep());
        brain.fargate().ifPresent(hands -> swept("hands", () -> hands.sweep(idle, deadline)));
        return answer;
    }

    /** What one sweep leaves the next one finds. */
    private static void swept(String what, Runnable sweep) {
        try {
            sweep.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the sweep of " + what + " failed", e);
        }
    }
}
