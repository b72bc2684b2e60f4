package io.dormouse.hands;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.git.Repository;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The hand of a thread, provisioned when the first call needs it, and its way out: open from that call on until this is
 * closed, also while the model thinks, so that what runs in the background of a hand goes on.
 */
public final class Reach implements AutoCloseable {
    private static final HandProvider.Provided NOT_OURS =
            new HandProvider.Provided.Unavailable("the lease of the session could not be renewed");

    private final HandProvider provider;
    private final Pace pace;
    private final Shelf shelf;
    private final Outbound outbound;
    private final Supplier<Recipe> recipe;
    private final Holder holder;
    private final Set<String> running = new LinkedHashSet<>();
    private boolean open;
    private boolean cloned;
    /** Whether the last use has told of a note. */
    private boolean notes;

    private Hand.Attached attached = Hand.Attached.NOTHING;
    private Coming coming;

    /** A hand that was sent for. @param waiting to end the wait for it @param may whether its owner still has the lease */
    private record Coming(Supplier<HandProvider.Provided> hand, Cancellation waiting, BooleanSupplier may) {}

    /** Who has the lease. */
    record Holder(WorkspaceId workspace, SessionId session, ThreadId thread, long epoch) {}

    Reach(HandProvider provider, Pace pace, Shelf shelf, Outbound outbound, Supplier<Recipe> recipe, Holder holder) {
        this.provider = provider;
        this.pace = pace;
        this.shelf = shelf;
        this.outbound = outbound;
        this.recipe = recipe;
        this.holder = holder;
    }

    /**
     * Begins to provision, and returns at once: a call is on its way. The next use waits for what comes of it. If there is
     * none, what was begun goes on, and leaves a hand that is idle.
     *
     * @param may asked right before it begins, and again when it has to begin once more
     * @param reply with the call; when it is cut off nobody waits any more
     */
    public synchronized void sendFor(BooleanSupplier may, Cancellation reply) {
        Cancellation waiting = new Cancellation();
        reply.onRequest(waiting::request);
        HandId id = HandId.of(holder.thread());
        // An earlier reply broke off behind its call: nobody waits for that hand any more.
        if (coming != null) coming.waiting().request();
        coming = new Coming(pace.begin(() -> allowed(may) ? provide(id, waiting) : NOT_OURS), waiting, may);
    }

    private static boolean allowed(BooleanSupplier may) {
        try {
            return may.getAsBoolean();
        } catch (RuntimeException e) {
            // The store does not answer: the use itself will tell.
            return false;
        }
    }

    private synchronized Optional<Coming> sentFor() {
        Optional<Coming> sent = Optional.ofNullable(coming);
        coming = null;
        return sent;
    }

    /** What did not come is asked for once more, if that took no longer than the lease lasts. */
    private HandProvider.Provided awaited(HandId id, Cancellation cancellation) {
        Optional<Coming> sent = sentFor();
        if (sent.isPresent()) {
            cancellation.onRequest(sent.get().waiting()::request);
            HandProvider.Provided came = sent.get().hand().get();
            if (came instanceof HandProvider.Provided.Ready) return came;
            if (!allowed(sent.get().may())) return NOT_OURS;
        }
        return cancellation.requested() ? living(id) : provide(id, cancellation);
    }

    /** Runs the calls side by side. Returns when all are done. Whatever goes wrong is a result. */
    public Hands.Done use(List<HandCall> calls, Cancellation cancellation) {
        HandId id = HandId.of(holder.thread());
        return switch (awaited(id, cancellation)) {
            case HandProvider.Provided.Unavailable unavailable ->
                failed(id, calls, false, "No sandbox could be started: " + unavailable.reason());
            case HandProvider.Provided.Ready ready -> {
                Optional<String> trouble = cancellation.requested()
                        ? Optional.empty()
                        : new Furnishing(shelf, holder.thread()).furnish(ready.hand());
                if (trouble.isPresent())
                    yield failed(
                            id,
                            calls,
                            ready.fresh(),
                            "The files of this session could not be put into the sandbox: " + trouble.get());
                String problem = cancellation.requested() ? null : prepare(ready, cancellation);
                List<Callable<HandResult>> tasks = new ArrayList<>();
                for (HandCall call : calls) tasks.add(() -> execute(ready.hand(), call, cancellation));
                yield new Hands.Done(id, ready.fresh(), problem, pace.all(tasks));
            }
        };
    }

    /** What the last use told of its hand is in the log. */
    public synchronized void noted() {
        if (!notes) return;
        notes = false;
        try {
            provider.told(HandId.of(holder.thread()), new Tenure(holder.session(), holder.epoch()));
        } catch (RuntimeException e) {
            // It is told once more.
        }
    }

    private static Hands.Done failed(HandId id, List<HandCall> calls, boolean attached, String reason) {
        List<HandResult> failed = new ArrayList<>();
        for (HandCall call : calls) failed.add(new HandResult.Failed(reason));
        return new Hands.Done(id, attached, null, failed);
    }

    /**
     * Keeps what the hand put out, before anybody is told that it is done.
     *
     * @param used whether it surely has worked; if not, and no hand lives, nothing is started to look
     */
    public void collect(boolean used) throws IOException {
        if (shelf == Shelf.NONE) return;
        HandId id = HandId.of(holder.thread());
        Optional<Hand> hand = provider.find(id);
        if (hand.isEmpty()
                && used
                && provider.keepsFiles()
                && provide(id, new Cancellation()) instanceof HandProvider.Provided.Ready ready)
            hand = Optional.of(ready.hand());
        Optional<HandFiles> files = hand.flatMap(Hand::files);
        if (files.isPresent()) shelf.take(holder.thread(), files.get());
    }

    /** For calls that are to be stopped: where no hand lives, none of them runs. */
    private HandProvider.Provided living(HandId id) {
        return provider.find(id)
                .<HandProvider.Provided>map(found -> new HandProvider.Provided.Ready(found, false))
                .orElse(new HandProvider.Provided.Unavailable("interrupted before it began"));
    }

    private HandProvider.Provided provide(HandId id, Cancellation cancellation) {
        try {
            return provider.provide(id, new Tenure(holder.session(), holder.epoch()), cancellation);
        } catch (RuntimeException e) {
            return new HandProvider.Provided.Unavailable(e.toString());
        }
    }

    /** Opens the way out, then gives the hand what it lacks. Returns what went wrong, or null. */
    private synchronized String prepare(HandProvider.Provided.Ready provided, Cancellation cancellation) {
        Hand ready = provided.hand();
        boolean fresh = provided.fresh();
        // Until this comes to its end nothing is told, whatever the use before it was about to tell.
        notes = false;
        try {
            if (outbound != null && (fresh || !open)) {
                attached.close();
                attached = ready.attach(this::send, holder.epoch());
                open = true;
            }
            Optional<String> lacks = ready.prepare(recipe, cancellation);
            List<String> problems = new ArrayList<>();
            if (provided.note() != null) problems.add(provided.note());
            lacks.ifPresent(problems::add);
            if (fresh || !cloned) problems.addAll(clone(ready, cancellation));
            notes = provided.note() != null;
            return problems.isEmpty() ? null : String.join("\n", problems);
        } catch (RuntimeException e) {
            return "The sandbox could not be prepared: " + e;
        }
    }

    /** A hand that has a repository already says so: each is cloned by a call with a key of its own. */
    private List<String> clone(Hand ready, Cancellation cancellation) {
        List<String> problems = new ArrayList<>();
        for (Repository repository : recipe.get().repositories()) {
            ObjectNode input =
                    Json.object().put("url", repository.url().toString()).put("path", repository.mountPath());
            if (repository.branch() != null) input.put("branch", repository.branch());
            if (repository.commit() != null) input.put("commit", repository.commit());
            String key = "clone_" + repository.id() + "_" + repository.revision();
            String problem =
                    switch (ready.execute(new HandCall(key, "clone", input), cancellation)) {
                        case HandResult.Output(JsonNode content, boolean isError) ->
                            isError ? content.path(0).path("text").asText() : null;
                        case HandResult.Failed failed -> failed.reason();
                        case HandResult.Lost lost -> lost.reason();
                    };
            if (problem != null)
                problems.add("The repository " + repository.url() + " is not at " + repository.mountPath() + ": "
                        + problem + " (git clone reaches it without a token of yours)");
        }
        cloned = !cancellation.requested();
        return problems;
    }

    private Outbound.Response send(Outbound.Request request) {
        Outbound.Caller caller = new Outbound.Caller(
                holder.workspace(),
                holder.session(),
                holder.thread(),
                holder.epoch(),
                call().orElse(null),
                Outbound.Purpose.SANDBOX);
        return outbound.send(caller, request);
    }

    /** A hand cannot tell which of several calls a program belongs to. Commands run in order, so it is the first that still runs. */
    private Optional<EventId> call() {
        synchronized (running) {
            return running.stream().findFirst().map(EventId::new);
        }
    }

    private HandResult execute(Hand ready, HandCall call, Cancellation cancellation) {
        synchronized (running) {
            running.add(call.id());
        }
        try {
            return ready.execute(call, cancellation);
        } catch (RuntimeException e) {
            // A hand that breaks its contract must not take the session with it.
            return new HandResult.Lost(e.toString());
        } finally {
            synchronized (running) {
                running.remove(call.id());
            }
        }
    }

    /** Closes the way out until the next use. What runs in the hand goes on without a network. */
    public synchronized void detach() {
        attached.close();
        attached = Hand.Attached.NOTHING;
        open = false;
    }

    @Override
    public synchronized void close() {
        if (coming != null) coming.waiting().request();
        detach();
    }
}
