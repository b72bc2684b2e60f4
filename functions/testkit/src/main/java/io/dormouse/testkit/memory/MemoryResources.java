package io.dormouse.testkit.memory;

import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Documents in memory. Thread-safe. A listing reads every document of the kind: meant for tests. */
public class MemoryResources implements Resources {
    private static final Comparator<Place> ORDER =
            Comparator.comparing(Place::createdAt).thenComparing(Place::id);

    private record Shelf(WorkspaceId workspace, String kind) {}

    private final Map<Shelf, Map<String, byte[]>> shelves = new HashMap<>();
    private final InstantSource clock;

    /** @param clock tells what has expired */
    public MemoryResources(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public synchronized Optional<Resource> read(WorkspaceId workspace, String kind, String id) {
        return Optional.ofNullable(shelf(workspace, kind).get(id))
                .map(bytes -> Json.read(bytes, Resource.class))
                .filter(this::alive);
    }

    @Override
    public synchronized Saved create(Resource resource) {
        Optional<Resource> there = read(resource.workspace(), resource.kind(), resource.id());
        if (there.isPresent()) return new Saved.Taken(there.get());
        return put(resource);
    }

    @Override
    public synchronized Saved swap(Resource before, Resource after) {
        if (!before.workspace().equals(after.workspace())
                || !before.kind().equals(after.kind())
                || !before.id().equals(after.id())) throw new IllegalArgumentException("a swap is of one document");
        Optional<Resource> there = read(before.workspace(), before.kind(), before.id());
        if (there.isEmpty()) return new Saved.Gone();
        if (there.get().version() != before.version()) return new Saved.Taken(there.get());
        return put(after);
    }

    @Override
    public synchronized boolean delete(WorkspaceId workspace, String kind, String id) {
        boolean there = read(workspace, kind, id).isPresent();
        shelf(workspace, kind).remove(id);
        return there;
    }

    @Override
    public synchronized List<Resource> list(WorkspaceId workspace, String kind, Query query) {
        Comparator<Place> order = query.ascending() ? ORDER : ORDER.reversed();
        return shelf(workspace, kind).values().stream()
                .map(bytes -> Json.read(bytes, Resource.class))
                .filter(this::alive)
                .filter(found -> found.id().startsWith(query.idPrefix()))
                .filter(found -> query.archived() || found.archivedAt() == null)
                .filter(found -> query.from() == null || !found.createdAt().isBefore(query.from()))
                .filter(found -> query.until() == null || !found.createdAt().isAfter(query.until()))
                .filter(found -> query.after() == null || order.compare(place(found), query.after()) > 0)
                .sorted(Comparator.comparing(MemoryResources::place, order))
                .limit(query.limit())
                .toList();
    }

    private static Place place(Resource resource) {
        return new Place(resource.createdAt(), resource.id());
    }

    private Map<String, byte[]> shelf(WorkspaceId workspace, String kind) {
        return shelves.computeIfAbsent(new Shelf(workspace, kind), s -> new HashMap<>());
    }

    private Saved put(Resource resource) {
        shelf(resource.workspace(), resource.kind()).put(resource.id(), Json.bytes(resource));
        return new Saved.Done(resource);
    }

    private boolean alive(Resource resource) {
        return resource.expiresAt() == null || clock.instant().isBefore(resource.expiresAt());
    }
}
