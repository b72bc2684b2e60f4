package io.dormouse.testkit.protocol;

import io.dormouse.head.Head;
import io.dormouse.head.Lease;
import io.dormouse.id.EventId;
import io.dormouse.id.SessionId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.session.Conversation;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolResult;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Breadth first through every state, so that a fault comes with the shortest way to it. */
public final class Search {
    static final Instant NOON = Instant.parse("2026-01-02T12:00:00Z");

    private final Moves moves;
    private final List<Input> inputs;
    private final int maxEpoch;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<State> states = new ArrayList<>();
    private final List<int[]> edges = new ArrayList<>();
    private final List<Integer> parents = new ArrayList<>();
    private final List<String> how = new ArrayList<>();
    private final List<Integer> successors = new ArrayList<>();
    private int current;
    private String fault;
    private int faultAt;

    /**
     * @param states how many there are, or were seen up to the fault
     * @param fault null when the protocol is right
     * @param trace the moves that lead to the fault
     */
    public record Found(int states, String fault, List<String> trace) {}

    private Search(Rules rules, List<Input> inputs, int maxEpoch) {
        this.inputs = inputs;
        this.maxEpoch = maxEpoch;
        moves = new Moves(rules, inputs, maxEpoch, this::reached);
    }

    /** A message and an interrupt, or two messages. */
    public static List<Input> inputs(boolean interrupt) {
        Input message = new Input.UserMessage(new EventId("sevt_first"), ToolResult.text("go"));
        EventId second = new EventId("sevt_second");
        return List.of(
                message,
                interrupt ? new Input.Interrupt(second) : new Input.UserMessage(second, ToolResult.text("go on")));
    }

    /** @param maxEpoch claims in all: what bounds crashes and take-overs */
    public static Found run(Rules rules, List<Input> inputs, int maxEpoch) {
        return new Search(rules, inputs, maxEpoch).run();
    }

    private Found run() {
        Head head = Head.fresh(WorkspaceId.DEFAULT, new SessionId("sesn_1111111111111111111111"), NOON);
        Entry first = new Entry(1, 0, "n", NOON, List.of(new Fact.SessionBegan(Json.object())));
        current = -1;
        reached("begin", new State(head, List.of(first), List.of(Owner.IDLE, Owner.IDLE), 0));
        for (current = 0; current < states.size() && fault == null; current++) {
            successors.clear();
            moves.of(states.get(current));
            edges.add(successors.stream().mapToInt(Integer::intValue).toArray());
        }
        if (fault == null) findEndless();
        return new Found(states.size(), fault, fault == null ? List.of() : trace(faultAt));
    }

    private void reached(String move, State raw) {
        State state = raw.canonical();
        Integer known = numbers.putIfAbsent(state.key(), states.size());
        int number = known == null ? states.size() : known;
        successors.add(number);
        if (known != null) return;
        states.add(state);
        parents.add(current);
        how.add(move);
        String wrong = wrong(state);
        if (wrong != null && fault == null) {
            fault = wrong;
            faultAt = number;
        }
    }

    private List<String> trace(int number) {
        List<String> trace = new ArrayList<>();
        for (int at = number; at >= 0; at = parents.get(at)) trace.addFirst(how.get(at) + "   " + states.get(at));
        return trace;
    }

    // ---- what must hold in every state

    private String wrong(State state) {
        long epoch = 0;
        int position = 0;
        Set<EventId> told = new HashSet<>();
        for (Entry entry : state.log()) {
            if (entry.position() != ++position) return "a gap in the log";
            if (entry.epoch() < epoch) return "epoch " + entry.epoch() + " behind epoch " + epoch;
            epoch = entry.epoch();
            for (Fact fact : entry.facts())
                for (Posted posted : fact.inputs())
                    if (!told.add(posted.input().id())) return posted.input().id() + " is told twice";
        }
        Set<EventId> known = new HashSet<>(told);
        for (Posted posted : state.head().mail()) known.add(posted.input().id());
        for (Input input : inputs.subList(0, state.posted()))
            if (!known.contains(input.id())) return input.id() + " was accepted and is lost";
        boolean open = !(state.fold().phase() instanceof Conversation.Phase.Resting);
        if ((open || told.size() < state.posted()) && !state.head().owes()) return "there is work, and nobody owes it";
        return null;
    }

    private boolean rests(State state) {
        return state.posted() == inputs.size()
                && !state.head().owes()
                && state.owners().stream().allMatch(owner -> owner.doing() == Owner.Doing.NOTHING);
    }

    /** From every state there must be a way to rest, as long as somebody may still claim. */
    private void findEndless() {
        int size = states.size();
        int[] degree = new int[size];
        for (int[] out : edges) for (int to : out) degree[to]++;
        int[][] back = new int[size][];
        for (int i = 0; i < size; i++) back[i] = new int[degree[i]];
        for (int from = 0; from < size; from++) for (int to : edges.get(from)) back[to][--degree[to]] = from;
        BitSet good = new BitSet(size);
        int[] queue = new int[size];
        int end = 0;
        for (int i = 0; i < size; i++)
            if (rests(states.get(i))) {
                good.set(i);
                queue[end++] = i;
            }
        for (int at = 0; at < end; at++)
            for (int from : back[queue[at]])
                if (!good.get(from)) {
                    good.set(from);
                    queue[end++] = from;
                }
        for (int i = 0; i < size && fault == null; i++)
            if (!good.get(i) && states.get(i).head().lease().epoch() < maxEpoch) {
                fault = "there is no way from here to rest";
                faultAt = i;
            }
    }

    // ---- heads that no right step would make

    static Head epoch(Head head, long epoch) {
        return copy(
                head,
                head.mail(),
                new Lease(epoch, head.lease().owner(), head.lease().beatAt()));
    }

    static Head withoutMail(Head head) {
        return copy(head, List.of(), head.lease());
    }

    private static Head copy(Head head, List<Posted> mail, Lease lease) {
        return new Head(
                head.workspace(),
                head.session(),
                head.thread(),
                head.version(),
                head.nextSeq(),
                mail,
                lease,
                head.snapshot(),
                head.archivedAt(),
                head.deleted(),
                head.createdAt(),
                head.updatedAt());
    }
}
