package io.dormouse.edge;

/**
 * One life of a server. What an earlier life of the same server has begun and not finished is known to be dead, and need not be
 * waited for.
 *
 * @param server lives once at a time
 * @param life another one each time it starts
 */
public record Incarnation(String server, String life) {
    /** Of a server of which many live at a time: none knows of another's death. */
    public static final Incarnation ONE_OF_MANY = new Incarnation("", "");

    /** Whether the other one, perhaps of another server, is over. */
    boolean outlives(Incarnation other) {
        return server.equals(other.server) && !life.equals(other.life);
    }
}
