package io.dormouse.aws;

import io.dormouse.aws.StreamedInvocations.Invoked;
import io.dormouse.outbound.relay.Errand;
import io.dormouse.outbound.relay.Frame;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Does errands that may be done twice, and have a small answer. */
final class ResultOf {
    private static final int ATTEMPTS = 4;
    private static final Duration PAUSE = Duration.ofMillis(200);

    private ResultOf() {}

    /** @throws IllegalStateException when the proxy cannot do it; its message says nothing of what was asked */
    static Frame errand(StreamedInvocations lambda, String function, Errand errand) {
        byte[] event = errand.bytes();
        String why = "";
        for (int attempt = 0; attempt < ATTEMPTS && !Thread.currentThread().isInterrupted(); attempt++) {
            if (attempt > 0) LockSupport.parkNanos(PAUSE.toNanos() << attempt);
            switch (lambda.invoke(function, event)) {
                case Invoked.Throttled t -> why = "it is called too often";
                case Invoked.Failed failed -> why = failed.why();
                case Invoked.Begun begun -> {
                    try (InputStream stream = begun.stream()) {
                        Frame frame = Frame.read(stream).orElseThrow(() -> new IOException("no answer"));
                        if (frame.kind() == Frame.Kind.RESULT) return frame;
                        why = frame.kind() == Frame.Kind.FAILED ? frame.text() : "it answered " + frame.kind();
                    } catch (IOException e) {
                        why = String.valueOf(e.getMessage());
                    }
                }
            }
        }
        throw new IllegalStateException("the credential proxy (" + function + ") does not do its work: " + why);
    }
}
