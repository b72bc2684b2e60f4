package io.dormouse.edge;

/** Lines to one client, from the one thread that feeds them. A slow client makes a call wait. */
public interface LineStream {
    /**
     * Sends one line.
     *
     * @param bytes without a line's end
     * @return false when the client is gone
     */
    boolean line(byte[] bytes);
}
