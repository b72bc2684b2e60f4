package io.dormouse.proxy.function;

import io.dormouse.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;

/**
 * The Runtime API of AWS Lambda (2018-06-01), answers streamed: what a handler has flushed, the caller can read. Lambda gives a
 * process one event at a time, so this is all on one thread.
 */
final class RuntimeLoop {
    private static final System.Logger LOG = System.getLogger("io.dormouse.proxy.function");
    private static final int CHUNK = 16_384;

    private final URI runtime;

    /** @param server what {@code AWS_LAMBDA_RUNTIME_API} says */
    RuntimeLoop(URI server) {
        this.runtime = server.resolve("/2018-06-01/runtime/");
    }

    interface Handler {
        /** Whatever it throws, the caller sees an answer that breaks off. */
        void handle(byte[] event, OutputStream answer) throws IOException;
    }

    /** Until Lambda ends the process. */
    void run(Handler handler) {
        while (true) {
            try {
                HttpURLConnection next = open("invocation/next");
                byte[] event;
                try (InputStream in = next.getInputStream()) {
                    event = in.readAllBytes();
                }
                answer(handler, next.getHeaderField("Lambda-Runtime-Aws-Request-Id"), event);
            } catch (IOException e) {
                // Without the Runtime API there is nothing to live for; Lambda starts another process.
                throw new UncheckedIOException("the Runtime API does not answer", e);
            }
        }
    }

    private void answer(Handler handler, String id, byte[] event) throws IOException {
        HttpURLConnection response = post("invocation/" + id + "/response");
        response.setRequestProperty("Lambda-Runtime-Function-Response-Mode", "streaming");
        response.setRequestProperty("Content-Type", "application/octet-stream");
        response.setChunkedStreamingMode(CHUNK);
        OutputStream out = response.getOutputStream();
        try {
            handler.handle(event, out);
            out.close();
            int status = response.getResponseCode();
            if (status >= 300) LOG.log(System.Logger.Level.WARNING, "the Runtime API answered {0}", status);
        } catch (IOException e) {
            // The caller is gone, or Lambda takes no more.
            LOG.log(System.Logger.Level.INFO, "an answer was not taken to its end: {0}", e.getClass());
        } catch (RuntimeException e) {
            // Its message may quote what was asked.
            LOG.log(System.Logger.Level.ERROR, "an errand failed: {0}", e.getClass());
        } finally {
            // Of an answer that is whole, this is the end of a connection that is done.
            response.disconnect();
        }
    }

    /** Tells Lambda that the function cannot start. */
    void failed(RuntimeException why) {
        try {
            HttpURLConnection error = post("init/error");
            error.setRequestProperty("Lambda-Runtime-Function-Error-Type", "Runtime.InitError");
            try (OutputStream out = error.getOutputStream()) {
                out.write(Json.bytes(
                        Map.of("errorType", "Runtime.InitError", "errorMessage", String.valueOf(why.getMessage()))));
            }
            error.getResponseCode();
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }

    private HttpURLConnection post(String path) throws IOException {
        HttpURLConnection connection = open(path);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        return connection;
    }

    /** Without a limit of time: an event may come in an hour. */
    private HttpURLConnection open(String path) throws IOException {
        return (HttpURLConnection) runtime.resolve(path).toURL().openConnection(Proxy.NO_PROXY);
    }
}
