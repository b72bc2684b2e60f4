package io.dormouse.web.fetch;

import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.Outbound.Caller;
import io.dormouse.pace.Cancellation;
import io.dormouse.web.FetchRules;
import io.dormouse.web.Web;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The web through the only way out. Thread-safe. Blocks its threads, which should be virtual. */
public final class ProxiedWeb implements Web {
    public static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final Outbound outbound;
    private final Duration timeout;

    /** @param timeout for a page, redirects and all */
    public ProxiedWeb(Outbound outbound, Duration timeout) {
        this.outbound = outbound;
        this.timeout = timeout;
    }

    @Override
    public Answer fetch(Caller caller, String url, FetchRules rules, Cancellation cancellation) {
        if (cancellation.requested()) return new Answer.Cancelled();
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Visit visit = new Visit(outbound, caller, rules);
        Thread thread = Thread.ofVirtual().name("fetch").start(() -> {
            try {
                answer.complete(visit.page(url));
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        cancellation.onRequest(() -> answer.complete(new Answer.Cancelled()));
        try {
            return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new Answer.Failed("The page did not come within " + timeout.toSeconds() + " seconds.");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer.Cancelled();
        } finally {
            visit.end();
            thread.interrupt();
        }
    }
}
