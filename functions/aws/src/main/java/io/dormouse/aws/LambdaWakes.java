package io.dormouse.aws;

import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import java.time.Instant;
import java.time.InstantSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.lambda.model.InvocationType;

/**
 * Wakes by asynchronous invocations of the harness, {@code {"thread": id}}. It brings no head along: an invocation reads it
 * while it starts. Needs {@code lambda:InvokeFunction}.
 */
public final class LambdaWakes implements Wakes {
    private static final System.Logger LOG = System.getLogger("io.dormouse.aws");

    private final LambdaClient client;
    private final String function;
    private final InstantSource clock;

    public LambdaWakes(LambdaClient client, String function, InstantSource clock) {
        this.client = client;
        this.function = function;
        this.clock = clock;
    }

    /** A living owner looks at its head every other second, and needs no process to start and be told so. */
    @Override
    public void send(Head stored) {
        if (stored.lease().held() && !stored.lease().staleAt(clock.instant())) return;
        try {
            invoke(stored.thread());
        } catch (SdkException e) {
            // What made it owe is stored: the table's stream wakes it, or the sweep.
            LOG.log(System.Logger.Level.WARNING, "no wake for " + stored.thread(), e);
        }
    }

    /** Nothing is sent: a head that is parked is found by the sweep when it is due, which is a minute late at most. */
    @Override
    public void sendAt(ThreadId thread, Instant when) {}

    /** Surely, or with an exception. */
    public void invoke(ThreadId thread) {
        client.invoke(invoke -> invoke.functionName(function)
                .invocationType(InvocationType.EVENT)
                .payload(SdkBytes.fromByteArray(Json.bytes(Json.object().put("thread", thread.text())))));
    }
}
