package io.dormouse.edge;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** The one file of a multipart request, while it comes in. For one thread. */
public interface Upload {
    /** As it was sent: may be anything. */
    String filename();

    /** As it was sent, or null. */
    String mimeType();

    /**
     * To be read once, to its end. Throws {@link io.dormouse.wire.Refused} when the request turns out to be malformed or too
     * large, and {@link ClientGone} when nobody sends any more.
     */
    InputStream stream();

    /** The other fields of the form. Waits for the end of the request, so the stream has to be at its end. */
    Map<String, String> fields() throws IOException;

    /** The client went away in the middle of its request: nobody to answer. */
    final class ClientGone extends IOException {
        private static final long serialVersionUID = 1;

        ClientGone() {
            super("the client is gone");
        }
    }
}
