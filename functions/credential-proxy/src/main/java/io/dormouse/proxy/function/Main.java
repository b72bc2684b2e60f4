package io.dormouse.proxy.function;

import java.net.URI;

/** Started by {@code start.sh}, in the place of AWS's own client of the Runtime API, which cannot stream. */
public final class Main {
    private Main() {}

    public static void main(String... arguments) {
        RuntimeLoop loop = new RuntimeLoop(URI.create("http://" + System.getenv("AWS_LAMBDA_RUNTIME_API")));
        ProxyFunction function;
        try {
            function = ProxyFunction.of(System.getenv());
        } catch (RuntimeException e) {
            // Before the first errand there is no secret that a message could quote.
            loop.failed(e);
            throw e;
        }
        loop.run(function);
    }
}
