package io.dormouse.messages;

import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;

/** What the thread that waits for an answer can be woken by. */
sealed interface Signal {
    record Head(HttpResponse.ResponseInfo response) implements Signal {}

    record Bytes(List<ByteBuffer> buffers) implements Signal {}

    record Ended() implements Signal {}

    record Broke(Throwable why) implements Signal {}

    /** Our own wish. */
    record Stopped() implements Signal {}

    record TimedOut() implements Signal {}
}
