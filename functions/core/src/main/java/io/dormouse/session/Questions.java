package io.dormouse.session;

import io.dormouse.id.EventId;
import io.dormouse.session.ToolCall.Gate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which calls wait for an answer of the client, by the log alone: what a head may not say yet. */
public final class Questions {
    private Questions() {}

    /** Questions that these entries, in order, open and do not close. */
    public static Map<EventId, Gate> in(List<Entry> entries) {
        Map<EventId, Gate> open = new HashMap<>();
        for (Entry entry : entries)
            for (Fact fact : entry.facts())
                switch (fact) {
                    case Fact.ModelReplied f -> {
                        for (ToolCall call : f.calls())
                            if (call.gate() == Gate.ASK || call.gate() == Gate.CUSTOM) open.put(call.id(), call.gate());
                    }
                    case Fact.ToolsReturned f -> f.results().forEach(result -> open.remove(result.call()));
                    case Fact.TurnInterrupted f -> open.clear();
                    case Fact.ClientAnswered f ->
                        f.answers().forEach(posted -> open.remove(((Input.Answer) posted.input()).call()));
                    case Fact.SessionBegan f -> {}
                    case Fact.Noted f -> {}
                    case Fact.TurnBegan f -> {}
                    case Fact.InputsJoined f -> {}
                    case Fact.ModelAsked f -> {}
                    case Fact.ModelFailed f -> {}
                    case Fact.ClientAwaited f -> {}
                    case Fact.TurnEnded f -> {}
                    case Fact.HandAttached f -> {}
                    case Fact.HandLost f -> {}
                    case Fact.CredentialUsed f -> {}
                    case Fact.Compacted f -> {}
                    case Fact.ToolsListed f -> {}
                    case Fact.ServerFailed f -> {}
                    case Fact.CallsBegan f -> {}
                    case Fact.Reserved f -> {}
                    case Fact.BudgetReached f -> {}
                }
        return open;
    }
}
