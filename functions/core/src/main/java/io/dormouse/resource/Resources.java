package io.dormouse.resource;

import io.dormouse.id.WorkspaceId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Keeps documents. Every call names a workspace: there is no unscoped query. Reads see every write that returned before. */
public interface Resources {
    Optional<Resource> read(WorkspaceId workspace, String kind, String id);

    /** Stores a first version; {@link Saved.Taken} carries the document that has the id already. */
    Saved create(Resource resource);

    /** Stores {@code after} if the stored version is that of {@code before}; workspace, kind and id must be the same. */
    Saved swap(Resource before, Resource after);

    /** Whether there was something to delete. */
    boolean delete(WorkspaceId workspace, String kind, String id);

    /** Documents of one kind in the order of {@code (createdAt, id)}, or its reverse. */
    List<Resource> list(WorkspaceId workspace, String kind, Query query);

    sealed interface Saved {
        record Done(Resource resource) implements Saved {}

        /** Another version is there: for {@code create} the existing document, for {@code swap} the newer one. */
        record Taken(Resource current) implements Saved {}

        /** There is nothing to swap. */
        record Gone() implements Saved {}
    }

    /** A place in a listing: strictly after it (in the direction of the order) the next page begins. */
    record Place(Instant createdAt, String id) {}

    /**
     * @param idPrefix only ids that start with it; empty for all
     * @param ascending oldest first
     * @param after null for the first page
     * @param from null, or the earliest creation time (inclusive)
     * @param until null, or the latest creation time (inclusive)
     * @param limit at least 1
     */
    record Query(
            String idPrefix,
            boolean ascending,
            Place after,
            Instant from,
            Instant until,
            boolean archived,
            int limit) {}
}
