package io.dormouse.wire;

/**
 * Carries an {@link ApiError} from the depth of a parser to the edge, which answers it. Thrown, not returned, because a
 * request is checked in dozens of small places and every one of them ends the request.
 */
public final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient ApiError error;

    public Refused(ApiError error) {
        super(error.message(), null, false, false);
        this.error = error;
    }

    public ApiError error() {
        return error;
    }

    public static Refused invalid(String message) {
        return new Refused(new ApiError.Invalid(message));
    }

    public static Refused notFound(String message) {
        return new Refused(new ApiError.NotFound(message));
    }
}
