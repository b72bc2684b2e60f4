package io.dormouse.hands;

import io.dormouse.id.ThreadId;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import io.dormouse.resource.Contents;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** The hand of a thread, provisioned when the first call needs it. */
public final class Hands {
    private final HandProvider provider;
    private final Pace pace;
    private final Shelf shelf;

    /** Hands without files. */
    public Hands(HandProvider provider, Pace pace) {
        this(provider, pace, Shelf.NONE);
    }

    public Hands(HandProvider provider, Pace pace, Shelf shelf) {
        this.provider = provider;
        this.pace = pace;
        this.shelf = shelf;
    }

    /**
     * @param attached whether a hand was started for these calls
     * @param results one for each call, in their order
     */
    public record Done(HandId hand, boolean attached, List<HandResult> results) {}

    /** Runs the calls side by side. Returns when all are done. Whatever goes wrong is a result. */
    public Done use(ThreadId thread, List<HandCall> calls, Cancellation cancellation) {
        HandId id = HandId.of(thread);
        return switch (cancellation.requested() ? living(id) : provide(id)) {
            case HandProvider.Provided.Unavailable unavailable ->
                failed(id, calls, false, "No sandbox could be started: " + unavailable.reason());
            case HandProvider.Provided.Ready ready -> {
                Optional<String> trouble = cancellation.requested() ? Optional.empty() : furnish(thread, ready.hand());
                if (trouble.isPresent())
                    yield failed(
                            id,
                            calls,
                            ready.fresh(),
                            "The files of this session could not be put into the sandbox: " + trouble.get());
                List<Callable<HandResult>> tasks = new ArrayList<>();
                for (HandCall call : calls) tasks.add(() -> execute(ready.hand(), call, cancellation));
                yield new Done(id, ready.fresh(), pace.all(tasks));
            }
        };
    }

    private static Done failed(HandId id, List<HandCall> calls, boolean attached, String reason) {
        List<HandResult> failed = new ArrayList<>();
        for (HandCall call : calls) failed.add(new HandResult.Failed(reason));
        return new Done(id, attached, failed);
    }

    /** Brings what is mounted into the hand, and takes out what is not any more. Returns why it could not. */
    private Optional<String> furnish(ThreadId thread, Hand hand) {
        if (shelf == Shelf.NONE) return Optional.empty();
        try {
            List<Mount> mounts = shelf.mounts(thread);
            Optional<HandFiles> files = hand.files();
            if (files.isEmpty())
                return mounts.isEmpty() ? Optional.empty() : Optional.of("this kind of sandbox takes none");
            Map<String, String> placed = placed(files.get(), mounts.isEmpty());
            Map<String, Mount> wanted = new LinkedHashMap<>();
            for (Mount mount : mounts) wanted.put(mount.path(), mount);
            // First what has to go: it may be where a folder has to be.
            for (String path : placed.keySet())
                if (!wanted.containsKey(path)) files.get().remove(path);
            for (Mount mount : mounts) {
                if (mount.sha256().equals(placed.get(mount.path()))) continue;
                try (Contents.Content content = shelf.open(mount)) {
                    files.get().place(mount, content.stream());
                }
            }
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** @param optional where nothing is to be there, a hand that cannot say what is there is good enough */
    private static Map<String, String> placed(HandFiles files, boolean optional) throws IOException {
        try {
            return files.placed();
        } catch (IOException e) {
            if (optional) return Map.of();
            throw e;
        }
    }

    /**
     * Keeps what the hand put out, before anybody is told that it is done.
     *
     * @param used whether it surely has worked; if not, and no hand lives, nothing is started to look
     */
    public void collect(ThreadId thread, boolean used) throws IOException {
        if (shelf == Shelf.NONE) return;
        HandId id = HandId.of(thread);
        Optional<Hand> hand = provider.find(id);
        if (hand.isEmpty() && used && provide(id) instanceof HandProvider.Provided.Ready ready)
            hand = Optional.of(ready.hand());
        Optional<HandFiles> files = hand.flatMap(Hand::files);
        if (files.isPresent()) shelf.take(thread, files.get());
    }

    /** For calls that are to be stopped: where no hand lives, none of them runs. */
    private HandProvider.Provided living(HandId id) {
        return provider.find(id)
                .<HandProvider.Provided>map(hand -> new HandProvider.Provided.Ready(hand, false))
                .orElse(new HandProvider.Provided.Unavailable("interrupted before it began"));
    }

    private HandProvider.Provided provide(HandId id) {
        try {
            return provider.provide(id);
        } catch (RuntimeException e) {
            return new HandProvider.Provided.Unavailable(e.toString());
        }
    }

    private static HandResult execute(Hand hand, HandCall call, Cancellation cancellation) {
        try {
            return hand.execute(call, cancellation);
        } catch (RuntimeException e) {
            // A hand that breaks its contract must not take the session with it.
            return new HandResult.Lost(e.toString());
        }
    }

    /** Ends the hand of a thread that is gone, with its workspace. */
    public void discard(ThreadId thread) {
        provider.discard(HandId.of(thread));
        shelf.forget(thread);
    }
}
