package io.dormouse.edge;

/**
 * One row of the route table.
 *
 * @param method upper case, for example {@code POST}
 * @param template for example {@code /v1/agents/{id}}; a segment in braces matches any one segment that is not empty
 */
public record Route(String method, String template, Handler handler) {
    /** Runs on a virtual thread and may block. It ends with an answer, or with {@link io.dormouse.wire.Refused}. */
    @FunctionalInterface
    public interface Handler {
        Answer answer(Call call) throws Exception;
    }

    public static Route get(String template, Handler handler) {
        return new Route("GET", template, handler);
    }

    public static Route post(String template, Handler handler) {
        return new Route("POST", template, handler);
    }

    public static Route delete(String template, Handler handler) {
        return new Route("DELETE", template, handler);
    }
}
