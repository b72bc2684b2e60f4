package io.dormouse.proxy.http;

import java.time.Duration;

/**
 * How long and how large things may be.
 *
 * @param lookup of a name
 * @param connect until there is a connection, with TLS where there shall be
 * @param head from the end of the request to the end of the answer's head
 * @param idle without a byte in either direction
 * @param total of a request with its answer
 * @param headBytes of the answer
 * @param headers of the answer
 * @param requestBytes of the request's body
 * @param answerBytes of the answer's body
 * @param lookedIntoBytes of a request's body that is searched for placeholders before it leaves; larger ones may hold none
 * @param atOnce requests of one session
 */
public record Limits(
        Duration lookup,
        Duration connect,
        Duration head,
        Duration idle,
        Duration total,
        int headBytes,
        int headers,
        long requestBytes,
        long answerBytes,
        int lookedIntoBytes,
        int atOnce) {

    public static final Limits DEFAULT = new Limits(
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(60),
            64 << 10,
            200,
            16L << 30,
            16L << 30,
            1 << 20,
            64);

    /** The same, with another total. */
    public Limits within(Duration otherTotal) {
        return new Limits(
                lookup,
                connect,
                head,
                idle,
                otherTotal,
                headBytes,
                headers,
                requestBytes,
                answerBytes,
                lookedIntoBytes,
                atOnce);
    }
}
