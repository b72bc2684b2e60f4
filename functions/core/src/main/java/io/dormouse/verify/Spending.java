package io.dormouse.verify;

import io.dormouse.session.Budget;
import io.dormouse.session.Fact;
import io.dormouse.session.Usage;

/** What a session used, set aside and was allowed to spend. A second reading that shares nothing with the fold. */
final class Spending {
    private final Findings findings;
    private Budget budget;
    private Usage sum = Usage.NONE;

    /** For the open request; null for nothing. */
    private Fact.Reserved reserved;

    Spending(Findings findings) {
        this.findings = findings;
    }

    /** The exact sum of what the requests used. */
    Usage sum() {
        return sum;
    }

    /** @param nonce of the entry that tells the fact */
    void take(Fact fact, String nonce) {
        switch (fact) {
            case Fact.SessionBegan f -> budget = f.budget();
            case Fact.Noted f -> {
                Budget other = Budget.after(budget, f.note().input());
                findings.unless(
                        budget != null || other == null, Rule.BUDGET, "a session without a budget is given " + other);
                budget = other;
            }
            case Fact.Reserved f -> reserved(f, nonce);
            case Fact.ModelReplied f -> {
                made("The model replied");
                used(f.usage());
            }
            case Fact.Compacted f -> {
                made("The history was summarised");
                used(f.usage());
            }
            case Fact.ModelFailed f -> {
                // Without either it was cut off, maybe before it was made.
                if (f.error() != null || f.tighter()) made("A request failed");
                used(f.usage());
            }
            case Fact.TurnInterrupted f -> used(f.usage());
            case Fact.ClientAwaited f -> total(f.total(), f.budget());
            case Fact.TurnEnded f -> total(f.total(), f.budget());
            case Fact.BudgetReached f -> {
                findings.unless(budget != null, Rule.BUDGET, "the budget is reached, and there is none");
                total(f.total(), f.budget());
            }
            case Fact.TurnBegan f -> {}
            case Fact.InputsJoined f -> {}
            case Fact.ModelAsked f -> {}
            case Fact.ToolsReturned f -> {}
            case Fact.ClientAnswered f -> {}
            case Fact.HandAttached f -> {}
            case Fact.HandLost f -> {}
            case Fact.CredentialUsed f -> {}
            case Fact.ToolsListed f -> {}
            case Fact.ServerFailed f -> {}
            case Fact.CallsBegan f -> {}
        }
    }

    private void reserved(Fact.Reserved fact, String nonce) {
        findings.unless(budget != null, Rule.BUDGET, "something is set aside, and there is no budget");
        findings.unless(fact.by().equals(nonce), Rule.BUDGET, "what is set aside is told by another entry");
        long lost = reserved == null ? 0 : reserved.nanoUsd();
        findings.unless(
                fact.lostNanoUsd() == lost,
                Rule.BUDGET,
                "of what was set aside before, " + fact.lostNanoUsd() + " count as spent, and it was " + lost);
        sum = sum.plus(Usage.NONE.priced(fact.lostNanoUsd()));
        findings.unless(
                budget == null || fact.nanoUsd() >= 0 && sum.listNanoUsd() + fact.nanoUsd() <= budget.nanoUsd(),
                Rule.BUDGET,
                sum.listNanoUsd() + " are spent and " + fact.nanoUsd() + " set aside, of " + budget);
        reserved = fact;
    }

    private void made(String what) {
        findings.unless(
                budget == null || reserved != null, Rule.BUDGET, what + ", and nothing was set aside for the request");
    }

    /** The open request has an outcome, or there is none. */
    private void used(Usage usage) {
        sum = sum.plus(usage);
        if (usage.listNanoUsd() > 0) made("A request cost something");
        // What a provider's searches read is known to nobody before.
        findings.unless(
                reserved == null || usage.listNanoUsd() <= reserved.nanoUsd() || usage.webSearches() > 0,
                Rule.BUDGET,
                "a request cost " + usage.listNanoUsd() + ", and set aside for it were "
                        + (reserved == null ? 0 : reserved.nanoUsd()));
        reserved = null;
    }

    private void total(Usage total, Budget told) {
        findings.unless(sum.equals(total), Rule.USAGE, "a total says " + total + ", and the requests add up to " + sum);
        findings.unless(
                budget == null ? told == null : budget.equals(told),
                Rule.BUDGET,
                "a total says that the budget is " + told + ", and it is " + budget);
    }
}
