package io.dormouse.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.api.EventPages.Place;
import io.dormouse.edge.Frame;
import io.dormouse.id.ThreadId;
import io.dormouse.session.Entry;
import io.dormouse.wire.WireEvents;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The events of the entries that were told last, rendered once however many clients read along. An entry never changes. */
final class Frames {
    /** Of rendered events; the oldest make room. */
    private static final long MAX_BYTES = 8 * 1024 * 1024;

    /** Names that every release of the official clients lets through; a type outside of these is named {@code message}. */
    private static final Set<String> UNNAMED = Set.of("session.usage");

    private final Map<Told, List<Frame>> frames = new LinkedHashMap<>();
    private long bytes;

    private record Told(ThreadId thread, long position) {}

    /** One frame for each event of the entry, in order; its id is the event's place. */
    List<Frame> of(WireEvents view, Entry entry) {
        Told told = new Told(view.thread(), entry.position());
        synchronized (this) {
            List<Frame> known = frames.get(told);
            if (known != null) return known;
        }
        List<Frame> rendered = new ArrayList<>();
        for (ObjectNode event : view.of(entry)) {
            String type = event.path("type").asText();
            String place = new Place(entry.position(), rendered.size()).toString();
            rendered.add(Frame.of(UNNAMED.contains(type) ? "message" : type, place, event));
        }
        keep(told, List.copyOf(rendered));
        return rendered;
    }

    private synchronized void keep(Told told, List<Frame> rendered) {
        if (frames.putIfAbsent(told, rendered) != null) return;
        bytes += size(rendered);
        Iterator<List<Frame>> oldest = frames.values().iterator();
        while (bytes > MAX_BYTES && oldest.hasNext()) {
            bytes -= size(oldest.next());
            oldest.remove();
        }
    }

    private static long size(List<Frame> frames) {
        long size = 0;
        for (Frame frame : frames) size += frame.bytes().length;
        return size;
    }
}
