package io.dormouse.testkit.sim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.head.Snapshot;
import io.dormouse.id.EventId;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.json.Json;
import io.dormouse.session.Budget;
import io.dormouse.session.Entry;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.Questions;
import io.dormouse.session.ToolCall.Gate;
import io.dormouse.session.ToolResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A client of one session, with the part of the API that takes its requests: read, decide by the head, swap, wake. */
final class Client {
    private static final int REPEATS = 4;

    private final Simulation sim;
    private final ThreadId thread;
    private final Ids ids;
    private boolean finished;

    Client(Simulation sim, ThreadId thread) {
        this.sim = sim;
        this.thread = thread;
        this.ids = new Ids(this::now, sim.random);
    }

    boolean finished() {
        return finished;
    }

    private Instant now() {
        return SimPace.BEGINNING.plusMillis(sim.schedule.now());
    }

    void run() {
        if (sim.scenario == null) byChance();
        else sim.scenario.act(this);
        finished = true;
    }

    private void byChance() {
        // Some take their time, so that a turn may fail to its end.
        int leisure = sim.random.nextInt(6) == 0 ? 10 : 1;
        int acts = 3 + sim.random.nextInt(12);
        for (int i = 0; i < acts; i++) {
            sim.schedule.sleep(1 + sim.random.nextInt(sim.random.nextBoolean() ? 300 : 20_000 * leisure));
            act(sim.random.nextInt(100));
        }
        int end = sim.random.nextInt(10);
        if (end < 3) stopAndThen(() -> patiently(List.of(new Input.Archived(ids.event()))));
        else if (end < 6) stopAndThen(this::delete);
    }

    private void act(int dice) {
        if (sim.limited() && sim.money.nextInt(5) == 0) {
            changesBudget();
            return;
        }
        if (dice < 45) patiently(List.of(message()));
        else if (dice < 50) patiently(List.of(message(), message()));
        else if (dice < 54) patiently(List.of(message(), new Input.SystemMessage(ids.event(), text())));
        else if (dice < 58) patiently(List.of(new Input.Interrupt(ids.event())));
        else if (dice < 61) patiently(List.of(new Input.Interrupt(ids.event()), message()));
        else if (dice < 65)
            patiently(List.of(new Input.Updated(ids.event(), Json.object().put("title", "t" + sim.number()))));
        else if (dice < 68) patiently(List.of(new Input.Confirmation(ids.event(), ids.event(), true, null)));
        else answerSome();
    }

    /** More often than not there is more to spend, seldom any limit to it no longer. */
    private void changesBudget() {
        Head head = sim.heads.read(thread).orElseThrow();
        if (head.budget() == null) return;
        long cents = head.budget().maxCents() + sim.money.nextInt(20) - 4;
        budget(sim.money.nextInt(20) == 0 ? null : new Budget(Math.max(1, cents)));
    }

    private void budget(Budget other) {
        ObjectNode changes = Json.object();
        changes.set("budget", other == null ? null : other.wire());
        patiently(List.of(new Input.Updated(ids.event(), changes)));
    }

    private Input anew(Input input) {
        return switch (input) {
            case Input.UserMessage m -> message();
            case Input.SystemMessage m -> new Input.SystemMessage(ids.event(), text());
            case Input.Interrupt m -> new Input.Interrupt(ids.event());
            case Input.Confirmation m -> new Input.Confirmation(ids.event(), m.call(), m.allow(), m.denyMessage());
            case Input.CustomResult m -> new Input.CustomResult(ids.event(), m.call(), m.content(), m.isError());
            case Input.Updated m -> new Input.Updated(ids.event(), m.changes());
            case Input.Archived m -> new Input.Archived(ids.event());
        };
    }

    private Input message() {
        return new Input.UserMessage(ids.event(), text());
    }

    private JsonNode text() {
        return ToolResult.text("say " + sim.number() + " ");
    }

    // ---- what a scenario has it do

    void says() {
        patiently(List.of(message()));
    }

    void interrupts() {
        patiently(List.of(new Input.Interrupt(ids.event())));
    }

    void confirms(boolean yes) {
        for (EventId call : sim.checks.story(thread).questions().stream().toList())
            patiently(List.of(new Input.Confirmation(ids.event(), call, yes, yes ? null : "no")));
    }

    void tellsResults() {
        for (EventId call : sim.checks.story(thread).questions().stream().toList())
            patiently(List.of(new Input.CustomResult(ids.event(), call, ToolResult.text("sunny"), false)));
    }

    void updatesAgent() {
        ObjectNode agent = sim.agent(thread).put("system", "Be polite.");
        ObjectNode changes = Json.object();
        changes.set("agent", agent);
        patiently(List.of(new Input.Updated(ids.event(), changes)));
    }

    void limits(long cents) {
        budget(new Budget(cents));
    }

    void limitsNoLonger() {
        budget(null);
    }

    void archives() {
        patiently(List.of(new Input.Archived(ids.event())));
    }

    void deletes() {
        for (int i = 0; i < REPEATS && !sim.checks.killed(thread); i++) {
            delete();
            sim.schedule.sleep(1000);
        }
    }

    /** Until nothing is owed any more: of whatever its harms have made of the session. */
    void untilRest() {
        sim.schedule.await(() -> !sim.checks.owes(thread));
    }

    void untilModelSpeaks() {
        sim.schedule.await(() -> sim.checks.asked(thread) > 0 || !sim.checks.owes(thread));
    }

    void untilCallRuns() {
        int before = sim.checks.effects();
        sim.schedule.await(() -> sim.checks.effects() > before || !sim.checks.owes(thread));
    }

    // ---- answers

    private void answerSome() {
        try {
            List<Input> answers = answers();
            if (!answers.isEmpty() && sim.random.nextBoolean()) answers = List.of(answers.getFirst());
            if (!answers.isEmpty()) patiently(answers);
        } catch (Calls.Failure e) {
            sim.history.tell("sees nothing");
        }
    }

    /** To everything that the log asks. Returns whether there was anything. */
    boolean answerAll() {
        if (sim.checks.killed(thread)) return false;
        List<Input> answers = answers();
        answers.forEach(answer -> patiently(List.of(answer)));
        boolean paused = sim.heads.read(thread).orElseThrow().snapshot().phase() == Snapshot.Phase.PAUSED;
        if (paused) limitsNoLonger();
        return paused || !answers.isEmpty();
    }

    private List<Input> answers() {
        List<Input> answers = new ArrayList<>();
        // Sorted, for a map of ids has no order that a seed decides.
        Map<EventId, Gate> questions = new TreeMap<>(Comparator.comparing(EventId::text));
        questions.putAll(Questions.in(sim.sessionLog.read(thread, 0, Integer.MAX_VALUE)));
        questions.forEach((call, gate) -> {
            boolean yes = sim.random.nextInt(3) > 0;
            answers.add(
                    gate == Gate.CUSTOM
                            ? new Input.CustomResult(ids.event(), call, ToolResult.text("sunny"), !yes)
                            : new Input.Confirmation(ids.event(), call, yes, yes ? null : "no"));
        });
        return answers;
    }

    // ---- the API's side

    /** Repeats a request that failed, with the same ids, as a request with an idempotency key is repeated; or gives up. */
    private void patiently(List<Input> inputs) {
        for (int i = 0; i < REPEATS; i++) {
            try {
                List<Posted> posted = post(inputs, i > 0);
                sim.checks.acknowledged(thread, posted);
                if (!sim.faults.strike(Fault.CLIENT_ASKS_AGAIN)) return;
                sim.history.tell("asks again");
            } catch (Calls.Failure e) {
                if (sim.faults.strike(Fault.CLIENT_HANGS_UP)) return;
                if (sim.faults.strike(Fault.CLIENT_ASKS_AGAIN_WITHOUT_KEY)) {
                    // For all that the server can know these are new inputs.
                    sim.history.tell("asks anew");
                    patiently(inputs.stream().map(this::anew).toList());
                    return;
                }
                sim.history.tell("repeats " + e.getMessage());
            }
            sim.schedule.sleep(1 + sim.random.nextInt(30_000));
        }
    }

    private List<Posted> post(List<Input> inputs, boolean repeated) {
        Optional<Head> found = sim.store.read(thread);
        Head current = found.orElseThrow();
        Map<EventId, Gate> asked = Map.of();
        while (true) {
            List<Posted> before = alreadyThere(current, inputs, repeated);
            if (!before.isEmpty()) {
                if (current.owes()) sim.fleet.send(current);
                return before;
            }
            switch (current.post(inputs, asked, now())) {
                case Posting.Accepted accepted -> {
                    if (sim.bug == Bug.ACK_BEFORE_WRITE) sim.checks.acknowledged(thread, accepted.posted());
                    switch (sim.store.swap(current, accepted.next())) {
                        case Swapped.Done done -> {
                            sim.history.tell("posted " + inputs);
                            if (accepted.next().owes()) sim.fleet.send(accepted.next());
                            return accepted.posted();
                        }
                        case Swapped.Changed changed -> current = changed.current();
                    }
                    if (sim.bug == Bug.ACK_BEFORE_WRITE) return List.of();
                }
                case Posting.Ignored ignored -> {
                    sim.history.tell("ignored");
                    return List.of();
                }
                case Posting.Refused refused -> {
                    boolean unknown = refused.why() == Posting.Why.UNKNOWN_QUESTION && asked.isEmpty();
                    if (unknown)
                        asked = Questions.in(
                                sim.sessionLog.read(thread, current.snapshot().position(), Integer.MAX_VALUE));
                    if (!unknown || asked.isEmpty()) {
                        sim.history.tell("refused " + refused.why());
                        return List.of();
                    }
                }
            }
        }
    }

    private List<Posted> alreadyThere(Head head, List<Input> inputs, boolean repeated) {
        List<Posted> places = new ArrayList<>(head.mail());
        if (repeated && sim.bug != Bug.REPEAT_KNOWS_MAIL_ONLY)
            for (Entry entry : sim.sessionLog.read(thread, 0, Integer.MAX_VALUE))
                entry.inputs().forEach(places::add);
        List<Posted> found = new ArrayList<>();
        for (Input input : inputs)
            places.stream()
                    .filter(posted -> posted.input().id().equals(input.id()))
                    .findFirst()
                    .ifPresent(found::add);
        return found;
    }

    // ---- the end

    private void stopAndThen(Runnable end) {
        for (int i = 0; i < 3 && !sim.checks.killed(thread); i++) {
            patiently(List.of(new Input.Interrupt(ids.event())));
            sim.schedule.sleep(1 + sim.random.nextInt(8000));
            end.run();
        }
    }

    private void delete() {
        try {
            Head head = sim.store.read(thread).orElseThrow();
            while (!head.deleted()) {
                Optional<Head> deleted = sim.bug == Bug.DELETE_WHILE_RUNNING
                        ? Optional.of(Planted.stone(head, now()))
                        : head.delete(now());
                if (deleted.isEmpty()) return;
                switch (sim.store.swap(head, deleted.get())) {
                    case Swapped.Done done -> head = deleted.get();
                    case Swapped.Changed changed -> head = changed.current();
                }
            }
            sim.history.tell("deleted");
            sim.fleet.send(head);
        } catch (Calls.Failure e) {
            sim.history.tell("could not delete");
        }
    }
}
