package io.dormouse.testkit.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/** A function for tests of the emulator. Uses nothing but what its runtime gives it. */
public final class SmallFunction implements RequestStreamHandler {
    private int served;

    @Override
    public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
        String event = new String(input.readAllBytes(), StandardCharsets.UTF_8);
        served++;
        System.out.println("event " + event + " in " + context.getAwsRequestId());
        switch (event) {
            case "\"fail\"" -> throw new IllegalStateException("as it was told");
            case "\"exit\"" -> Runtime.getRuntime().halt(7);
            case "\"sleep\"" -> sleep();
            case "\"left\"" ->
                output.write(
                        Integer.toString(context.getRemainingTimeInMillis()).getBytes(StandardCharsets.UTF_8));
            default ->
                output.write(("{\"served\":" + served + ",\"event\":" + event + ",\"process\":"
                                + ProcessHandle.current().pid() + "}")
                        .getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void sleep() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
