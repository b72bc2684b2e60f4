package io.dormouse.edge;

import io.dormouse.id.WorkspaceId;
import java.io.IOException;
import java.util.Map;
import java.util.function.Function;

/**
 * One row of the route table.
 *
 * @param method upper case, for example {@code POST}
 * @param template for example {@code /v1/agents/{id}}; a segment in braces matches any one segment that is not empty
 * @param readsAhead whether {@code begin} reads from the store, and so had better run while somebody looks up who is calling
 * @param begin what can be done from the path's parameters alone. It writes nothing and tells nothing: the caller may turn out
 *     to be nobody. The handler that it hands back knows what it read
 * @param receiver null; or what takes the file of a request that is not JSON but a form with a file
 */
public record Route(
        String method,
        String template,
        boolean readsAhead,
        Function<Map<String, String>, Handler> begin,
        Receiver receiver) {
    /** Runs on a virtual thread and may block. It ends with an answer, or with {@link io.dormouse.wire.Refused}. */
    @FunctionalInterface
    public interface Handler {
        Answer answer(Call call) throws Exception;
    }

    /** A handler that goes on with what was read ahead. */
    @FunctionalInterface
    public interface After<T> {
        Answer answer(Call call, T read) throws Exception;
    }

    /** Takes the file of an upload, before it is known whether the request is a repeated one. Runs on a virtual thread. */
    @FunctionalInterface
    public interface Receiver {
        Received receive(WorkspaceId workspace, Upload upload) throws IOException;
    }

    /** A file that is here, and that nobody can see yet. */
    public interface Received {
        /** The same for two requests that mean the same. A form itself is never the same twice: its boundary is random. */
        String fingerprint();

        Answer answer(Call call) throws Exception;

        /** Instead of {@link #answer}: the request was answered before. */
        void discard();
    }

    public static Route get(String template, Handler handler) {
        return new Route("GET", template, false, parameters -> handler, null);
    }

    public static Route post(String template, Handler handler) {
        return new Route("POST", template, false, parameters -> handler, null);
    }

    public static <T> Route post(String template, Function<Map<String, String>, T> ahead, After<T> after) {
        return new Route(
                "POST",
                template,
                true,
                parameters -> {
                    T read = ahead.apply(parameters);
                    return call -> after.answer(call, read);
                },
                null);
    }

    public static Route delete(String template, Handler handler) {
        return new Route("DELETE", template, false, parameters -> handler, null);
    }

    public static Route upload(String template, Receiver receiver) {
        return new Route(
                "POST",
                template,
                false,
                parameters -> call -> {
                    throw new IllegalStateException("no file");
                },
                receiver);
    }
}
