package io.dormouse.harness;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.id.EventId;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.pace.Cancellation;
import io.dormouse.session.Step;
import io.dormouse.session.ToolCall;
import io.dormouse.session.ToolResult;
import io.dormouse.web.FetchRules;
import io.dormouse.web.Web.Answer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** What a harness does for the web tools. Whoever finds such a call open makes it again: it changes nothing. */
final class WebWork {
    private static final System.Logger LOG = System.getLogger("io.dormouse.harness");

    private static final String NO_SEARCH =
            "web_search is not available: there is no web search at the provider of this model. Known pages can be read with"
                    + " web_fetch.";

    private static final String ASKED_SEARCH =
            "web_search is not available: the provider of this model searches without asking anybody, so the tool works under"
                    + " the permission policy always_allow only.";

    private final Ports ports;
    private final Shift shift;

    WebWork(Ports ports, Shift shift) {
        this.ports = ports;
        this.shift = shift;
    }

    /** A call without a result is left to whoever comes next. */
    Map<EventId, ToolResult> use(List<ToolCall> calls, Cancellation cancellation) {
        List<Callable<Answer>> tasks = new ArrayList<>();
        for (ToolCall call : calls) tasks.add(() -> answer(call, cancellation));
        List<Answer> answers = ports.pace().all(tasks);
        Map<EventId, ToolResult> results = new LinkedHashMap<>();
        for (int i = 0; i < calls.size(); i++) {
            ToolCall call = calls.get(i);
            switch (answers.get(i)) {
                case Answer.Page page -> {
                    JsonNode kept = ports.spill().spill(page.content(), McpWork.ENTRY_BYTES / calls.size());
                    results.put(call.id(), ToolResult.of(call, kept, false));
                }
                case Answer.Failed failed -> results.put(call.id(), ToolResult.error(call, failed.message()));
                case Answer.Cancelled c -> {
                    if (!cancellation.abandoned()) results.put(call.id(), ToolResult.error(call, Step.INTERRUPTED));
                }
            }
        }
        return results;
    }

    private Answer answer(ToolCall call, Cancellation cancellation) {
        if (call.name().equals("web_search"))
            return new Answer.Failed(ports.catalog().searches() ? ASKED_SEARCH : NO_SEARCH);
        shift.renew();
        String url = call.input().path("url").asText("").strip();
        if (url.isEmpty()) return new Answer.Failed("web_fetch needs a url.");
        FetchRules rules = new FetchRules(shift.agent().config(call.name()));
        if (rules.closed() != null) return new Answer.Failed(rules.closed());
        try {
            return ports.web().fetch(shift.caller(call.id(), Purpose.FETCH), url, rules, cancellation);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "fetching a page for " + shift.thread(), e);
            return new Answer.Failed("The page could not be fetched, because of a fault here.");
        }
    }
}
