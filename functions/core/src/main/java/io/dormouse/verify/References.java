package io.dormouse.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.resource.Spill;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.Posted;
import io.dormouse.session.ToolResult;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Large content that facts refer to, by its SHA-256. Only where content is put elsewhere: what looks like a reference
 * anywhere else was written by a model or a client, and may name what is not theirs.
 */
final class References {
    private final Set<String> found = new LinkedHashSet<>();

    private References() {}

    static Set<String> in(List<Fact> facts) {
        References references = new References();
        for (Fact fact : facts) {
            fact.inputs().forEach(references::input);
            switch (fact) {
                case Fact.ToolsReturned f -> references.results(f.results());
                case Fact.ClientAnswered f -> references.results(f.results());
                case Fact.TurnInterrupted f -> references.results(f.results());
                case Fact.Compacted f -> {
                    f.kept().forEach(references::input);
                    references.content(f.before().agent());
                    references.content(f.before().mcp());
                }
                case Fact.SessionBegan f -> {}
                case Fact.Noted f -> {}
                case Fact.TurnBegan f -> {}
                case Fact.InputsJoined f -> {}
                case Fact.ModelAsked f -> {}
                case Fact.ModelReplied f -> {}
                case Fact.ModelFailed f -> {}
                case Fact.ClientAwaited f -> {}
                case Fact.TurnEnded f -> {}
                case Fact.HandAttached f -> {}
                case Fact.HandLost f -> {}
                case Fact.CredentialUsed f -> {}
                case Fact.ToolsListed f -> {}
                case Fact.ServerFailed f -> {}
                case Fact.CallsBegan f -> {}
                case Fact.Reserved f -> {}
                case Fact.BudgetReached f -> {}
            }
        }
        return references.found;
    }

    static Set<String> of(List<Posted> inputs) {
        References references = new References();
        inputs.forEach(references::input);
        return references.found;
    }

    private void input(Posted posted) {
        switch (posted.input()) {
            case Input.UserMessage m -> content(m.content());
            case Input.SystemMessage m -> content(m.content());
            case Input.CustomResult r -> content(r.content());
            case Input.Confirmation c -> {}
            case Input.Interrupt i -> {}
            case Input.Updated u -> {}
            case Input.Archived a -> {}
        }
    }

    private void results(List<ToolResult> results) {
        for (ToolResult result : results) content(result.content());
    }

    private void content(JsonNode content) {
        Spill.reference(content).ifPresent(found::add);
    }
}
