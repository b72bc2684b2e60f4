package io.dormouse.hands.remote;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Recipe;
import io.dormouse.hands.Workspace;
import io.dormouse.hands.egress.Attachment;
import io.dormouse.hands.egress.Door;
import io.dormouse.hands.remote.SupervisorClient.Answer;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import io.dormouse.pace.Pace;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A hand behind HTTP. Asks by the call's id until there is a result; since a supervisor runs an id once, asking again
 * after a broken connection is always safe.
 */
public final class RemoteHand implements Hand {
    private static final Duration CANCEL_PATIENCE = Duration.ofSeconds(8);
    private static final Duration PAUSE = Duration.ofMillis(250);

    /** So often a busy or broken supervisor is asked again before the call is given up: about a minute. */
    private static final int MOST_SETBACKS = 240;

    private static final int MOST_RECONNECTS = 3;

    private final SupervisorClient client;
    private final Supplier<Optional<Endpoint>> sameHandAgain;
    private final Pace pace;
    private volatile Endpoint endpoint;
    private volatile Preparation preparation;

    /**
     * @param sameHandAgain looks for the hand when it cannot be reached: its endpoint now, possibly after it was started
     *     anew <i>with the same journal</i>, or nothing when it is gone for good
     */
    public RemoteHand(
            SupervisorClient client, Endpoint endpoint, Supplier<Optional<Endpoint>> sameHandAgain, Pace pace) {
        this.client = client;
        this.endpoint = endpoint;
        this.sameHandAgain = sameHandAgain;
        this.pace = pace;
    }

    @Override
    public HandResult execute(HandCall call, Cancellation cancellation) {
        return new Execution(call, cancellation).run();
    }

    @Override
    public Attached attach(Function<Outbound.Request, Outbound.Response> way, long epoch) {
        return new Attachment(this::door, way, epoch);
    }

    private Optional<Door> door() {
        Endpoint now = endpoint;
        return client.health(now)
                .map(health -> health.path("egress_port").asInt())
                .filter(port -> port > 0)
                .map(port -> new Door(new InetSocketAddress(now.base().getHost(), port), now.secret()));
    }

    @Override
    public Optional<String> prepare(Supplier<Recipe> recipe, Cancellation cancellation) {
        preparation = new Preparation(client, recipe, (call, wish) -> new Execution(call, wish).run());
        return preparation.of(endpoint, cancellation);
    }

    @Override
    public Optional<HandFiles> files() {
        return Optional.of(client.files(endpoint));
    }

    @Override
    public Optional<Workspace> workspace() {
        return Optional.of(client.workspace(endpoint));
    }

    /** One call, from the first question to its result. */
    private final class Execution {
        private final HandCall call;
        private final Cancellation cancellation;
        private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
        private boolean mayHaveArrived;
        private int setbacks;
        private int reconnects;

        Execution(HandCall call, Cancellation cancellation) {
            this.call = call;
            this.cancellation = cancellation;
        }

        HandResult run() {
            // Off the requester's thread: completing a future runs what waits for it.
            cancellation.onRequest(() -> Thread.startVirtualThread(() -> cancelled.complete(null)));
            while (!cancellation.requested()) {
                CompletableFuture<Answer> asked = client.execute(endpoint, call);
                CompletableFuture.anyOf(asked, cancelled).join();
                if (!asked.isDone()) {
                    mayHaveArrived = true; // the question is on its way
                    break;
                }
                Optional<HandResult> result = understand(asked.join());
                if (result.isPresent()) {
                    return result.get();
                }
            }
            return cancellation.abandoned() ? gone("nobody waits for it here any more") : cancel();
        }

        /** The result, or nothing when the question is to be asked again. */
        private Optional<HandResult> understand(Answer answer) {
            return switch (answer) {
                case Answer.Ok(JsonNode body) -> {
                    mayHaveArrived = true;
                    setbacks = 0;
                    yield running(body) ? Optional.empty() : Optional.of(result(body));
                }
                case Answer.Refused(int status, String message) -> refused(status, message);
                case Answer.Unreachable(String why) -> reconnect(why);
                case Answer.Broken(String why) -> {
                    mayHaveArrived = true;
                    yield reconnect(why);
                }
            };
        }

        private Optional<HandResult> refused(int status, String message) {
            return switch (status) {
                // Too busy, or in trouble with its disk: this call has not begun, and may yet.
                case 429, 500, 503 -> {
                    if (++setbacks > MOST_SETBACKS) {
                        yield Optional.of(gone("the sandbox refused again and again: " + message));
                    }
                    pace.pause(PAUSE, cancellation);
                    yield Optional.empty();
                }
                // Somebody else listens where the hand was.
                case 401, 404 -> reconnect("another program answers at its address");
                default -> Optional.of(new HandResult.Failed("The sandbox did not take the call: " + message));
            };
        }

        private Optional<HandResult> reconnect(String why) {
            if (++reconnects > MOST_RECONNECTS) {
                return Optional.of(gone(why));
            }
            Optional<Endpoint> found = sameHandAgain.get();
            found.ifPresent(now -> endpoint = now);
            // It may have been started again, and then has lost what was given to it. What fails now was told before.
            Preparation again = preparation;
            if (found.isPresent() && again != null) again.variables(found.get());
            return found.isPresent() ? Optional.empty() : Optional.of(gone(why));
        }

        private HandResult cancel() {
            try {
                Answer answer =
                        client.cancel(endpoint, call.id()).get(CANCEL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                if (answer instanceof Answer.Ok(JsonNode body) && !running(body)) {
                    return result(body);
                }
                return gone("it was interrupted, and did not say how it ended");
            } catch (TimeoutException | java.util.concurrent.ExecutionException late) {
                return gone("it was interrupted, and did not say how it ended");
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                return gone("it was interrupted");
            }
        }

        private HandResult gone(String why) {
            return mayHaveArrived
                    ? new HandResult.Lost(
                            "The sandbox was lost (" + why + "); the call may or may not have taken effect.")
                    : new HandResult.Failed("The sandbox could not be reached (" + why + "); the call did not run.");
        }
    }

    private static boolean running(JsonNode body) {
        return body.path("state").asText().equals("running");
    }

    /** A supervisor may be in the agent's power where walls are thin: take nothing but text blocks from it. */
    private static HandResult result(JsonNode body) {
        JsonNode content = body.path("content");
        if (!body.path("state").asText().equals("done") || !content.isArray() || content.isEmpty()) {
            return new HandResult.Lost("The sandbox gave an answer that makes no sense.");
        }
        for (JsonNode block : content) {
            if (!block.path("type").asText().equals("text")
                    || !block.path("text").isTextual()) {
                return new HandResult.Lost("The sandbox gave an answer that makes no sense.");
            }
        }
        if (body.path("lost").asBoolean()) {
            return new HandResult.Lost(content.path(0).path("text").asText());
        }
        return new HandResult.Output(content, body.path("is_error").asBoolean());
    }
}
