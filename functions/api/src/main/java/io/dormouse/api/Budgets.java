package io.dormouse.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.agents.AgentSpec;
import io.dormouse.edge.Fields;
import io.dormouse.prompt.Catalog;
import io.dormouse.session.Budget;
import io.dormouse.wire.ApiError;
import io.dormouse.wire.Refused;
import jakarta.inject.Singleton;
import java.util.List;

/** The {@code budget} field of a session. */
@Singleton
final class Budgets {
    private static final int MAX_DIGITS = Long.toString(Budget.MOST_CENTS).length();

    private final Catalog catalog;

    Budgets(Catalog catalog) {
        this.catalog = catalog;
    }

    /** Null when there is none. @param agent the session's, whose requests must have a price */
    Budget read(Fields body, JsonNode agent) {
        Fields given = body.objectOrNull("budget");
        if (given == null) return null;
        given.oneOf("type", List.of("limit"));
        Fields cost = given.object("max_list_cost");
        Budget budget = new Budget(cents(cost, cost.text("amount", 1, 100)));
        cost.oneOf("currency", List.of("USD"));
        AgentSpec spec = new AgentSpec(agent);
        if (!catalog.knowsPrice(spec))
            throw new Refused(new ApiError.Invalid(
                    "budget: no list price is available for the model " + spec.modelId()
                            + (spec.fast() ? " at the speed fast" : ""),
                    "model_not_budgetable"));
        return budget;
    }

    private static long cents(Fields cost, String amount) {
        boolean whole = amount.chars().allMatch(c -> c >= '0' && c <= '9') && amount.charAt(0) != '0';
        if (!whole)
            throw cost.refuse(
                    "amount", "must be a whole number of cents above zero, without leading zeros, such as \"2500\"");
        if (amount.length() > MAX_DIGITS || Long.parseLong(amount) > Budget.MOST_CENTS)
            throw cost.refuse("amount", "must be at most " + Budget.MOST_CENTS);
        return Long.parseLong(amount);
    }
}
