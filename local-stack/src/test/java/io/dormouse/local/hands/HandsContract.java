package io.dormouse.local.hands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandProvider.Provided;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Mount;
import io.dormouse.hands.Tenure;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.Sha256;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** What every kind of hands must keep to, with real supervisors. */
public abstract class HandsContract {
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final Ids IDS = new Ids(InstantSource.system(), new SecureRandom());

    protected final SessionId session = IDS.session();
    protected final HandId id = HandId.of(session.primaryThread());

    /** Those of the running test. */
    protected abstract HandProvider hands() throws Exception;

    /** How many of the running test's hands are alive. */
    protected abstract int living() throws Exception;

    /** Whether what was stopped has ended: a provider may ask for a stop, and not wait for it. */
    protected boolean ended() {
        return true;
    }

    /** Ends the one living hand as a machine does that fails. */
    protected abstract void crash() throws Exception;

    protected final Provided provide(long epoch) throws Exception {
        return hands().provide(id, new Tenure(session, epoch), new Cancellation());
    }

    protected final Hand hand() throws Exception {
        return ready(provide(1)).hand();
    }

    protected static Provided.Ready ready(Provided provided) {
        if (provided instanceof Provided.Ready ready) return ready;
        return fail("no hand: " + provided);
    }

    protected static HandCall call(String command) {
        return new HandCall(
                "call_" + CALLS.incrementAndGet(),
                "bash",
                JsonNodeFactory.instance.objectNode().put("command", command));
    }

    protected static String bash(Hand hand, String command) {
        HandResult result = hand.execute(call(command), new Cancellation());
        assertThat(result).isInstanceOf(HandResult.Output.class);
        return ((HandResult.Output) result).content().path(0).path("text").asText();
    }

    protected static void until(String what, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) fail("still not so after 120 s: " + what);
            Thread.sleep(10);
        }
    }

    @Test
    void nothing_is_started_by_looking_for_it() throws Exception {
        assertThat(hands().find(id)).isEmpty();
        assertThat(living()).isZero();
    }

    @Test
    void it_is_started_once_and_found_after_that() throws Exception {
        Provided.Ready first = ready(provide(1));
        assertThat(first.fresh()).isTrue();
        bash(first.hand(), "colour=green");
        Provided.Ready again = ready(provide(2));
        assertThat(again.fresh()).isFalse();
        assertThat(again.note()).isNull();
        assertThat(bash(again.hand(), "echo $colour")).isEqualTo("green\n");
        assertThat(bash(hands().find(id).orElseThrow(), "echo $colour")).isEqualTo("green\n");
        assertThat(living()).isEqualTo(1);
    }

    @Test
    void many_who_ask_at_once_get_one() throws Exception {
        HandProvider hands = hands();
        List<CompletableFuture<Provided>> asked = new ArrayList<>();
        for (int i = 0; i < 8; i++)
            asked.add(CompletableFuture.supplyAsync(
                    () -> hands.provide(id, new Tenure(session, 1), new Cancellation()), Thread::startVirtualThread));
        List<Provided.Ready> all =
                asked.stream().map(each -> ready(each.join())).toList();
        assertThat(all.stream().filter(Provided.Ready::fresh)).hasSize(1);
        bash(all.getFirst().hand(), "colour=red");
        assertThat(bash(all.getLast().hand(), "echo $colour")).isEqualTo("red\n");
        assertThat(living()).isEqualTo(1);
    }

    @Test
    void two_threads_have_two_that_share_nothing() throws Exception {
        SessionId other = IDS.session();
        bash(hand(), "echo mine > file");
        Hand second = ready(hands().provide(HandId.of(other.primaryThread()), new Tenure(other, 1), new Cancellation()))
                .hand();
        assertThat(bash(second, "ls")).isEqualTo("(no output)");
        assertThat(living()).isEqualTo(2);
    }

    @Test
    void a_call_runs_once_however_often_it_is_made() throws Exception {
        HandCall call = call("echo ran >> effects; cat effects");
        HandResult first = hand().execute(call, new Cancellation());
        Hand next = ready(provide(2)).hand();
        assertThat(next.execute(call, new Cancellation())).isEqualTo(first);
        assertThat(bash(next, "cat effects")).isEqualTo("ran\n");
    }

    @Test
    void a_hand_that_dies_during_a_call_is_a_lost_call_and_there_is_a_hand_again() throws Exception {
        Hand hand = hand();
        CompletableFuture<HandResult> asked = CompletableFuture.supplyAsync(
                () -> hand.execute(call("sleep 4806"), new Cancellation()), Thread::startVirtualThread);
        until("it runs", () -> ProcessHandle.allProcesses()
                .anyMatch(p -> p.info().commandLine().orElse("").contains("sleep 4806")));
        crash();
        assertThat(asked.get(60, TimeUnit.SECONDS))
                .isInstanceOf(HandResult.Lost.class)
                .asString()
                .contains("may or may not");
        assertThat(bash(ready(provide(1)).hand(), "echo alive")).isEqualTo("alive\n");
        assertThat(living()).isEqualTo(1);
    }

    @Test
    void a_cancelled_call_ends_and_the_hand_stays() throws Exception {
        Hand hand = hand();
        Cancellation cancellation = new Cancellation();
        CompletableFuture<HandResult> asked = CompletableFuture.supplyAsync(
                () -> hand.execute(call("sleep 4807"), cancellation), Thread::startVirtualThread);
        until("it runs", () -> ProcessHandle.allProcesses()
                .anyMatch(p -> p.info().commandLine().orElse("").contains("sleep 4807")));
        cancellation.request();
        assertThat(asked.get(60, TimeUnit.SECONDS).toString()).contains("interrupted");
        assertThat(bash(hand, "echo alive")).isEqualTo("alive\n");
    }

    @Test
    void what_is_discarded_is_gone_and_no_call_brings_it_back() throws Exception {
        Hand hand = hand();
        bash(hand, "echo kept > file; sleep 4808 &");
        hands().discard(id);
        hands().discard(id);
        assertThat(hands().find(id)).isEmpty();
        until("nothing runs any more", this::ended);
        assertThat(hand.execute(call("ls"), new Cancellation())).isInstanceOf(HandResult.Failed.class);
        assertThat(living()).isZero();
        assertThat(bash(hand(), "ls")).isEqualTo("(no output)");
    }

    @Test
    void files_go_in_and_come_out() throws Exception {
        HandFiles files = hand().files().orElseThrow();
        byte[] content = "a,b\n".getBytes(StandardCharsets.UTF_8);
        String sha256 = Sha256.hex(content);
        files.place(new Mount("data/table.csv", sha256, content.length, "c1"), new ByteArrayInputStream(content));
        assertThat(files.placed()).containsEntry("data/table.csv", sha256);
        String folders = "in=/mnt/session/uploads; out=/mnt/session/outputs;";
        assertThat(bash(hand(), folders + " cat $in/data/table.csv; tr a-z A-Z < $in/data/table.csv > $out/TABLE.csv"))
                .isEqualTo("a,b\n");
        HandFiles.Output output = files.outputs().files().getFirst();
        try (InputStream in = files.read(output)) {
            assertThat(in.readAllBytes()).isEqualTo("A,B\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void its_programs_get_out_by_whoever_holds_it() throws Exception {
        Hand hand = hand();
        List<String> hosts = new ArrayList<>();
        Hand.Attached attached = hand.attach(
                request -> {
                    synchronized (hosts) {
                        hosts.add(request.url());
                    }
                    return new Outbound.Response.Refused("destination_denied", "not today");
                },
                1);
        assertThat(bash(hand, "curl -s -o /dev/null -w '%{http_code}' http://example.test/x"))
                .isEqualTo("403");
        attached.close();
        assertThat(Set.copyOf(hosts)).containsExactly("http://example.test/x");
    }
}
