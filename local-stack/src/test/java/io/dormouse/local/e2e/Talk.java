package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.ObjectMappers;
import com.anthropic.models.beta.sessions.BetaManagedAgentsSession;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsSendSessionEvents;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsSessionEvent;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsUserCustomToolResultEventParams;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsUserInterruptEventParams;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsUserMessageEventParams;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsUserToolConfirmationEventParams;
import com.anthropic.models.beta.sessions.events.EventSendParams;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** A session as an SDK's user sees it. */
record Talk(Client client, String id) {

    Talk with(Client other) {
        return new Talk(other, id);
    }

    // ---- what a client sends

    BetaManagedAgentsSendSessionEvents send(EventSendParams.Builder events) {
        return client.sdk().beta().sessions().events().send(id, events.build());
    }

    String say(String text) {
        return send(EventSendParams.builder().addEvent(message(text)))
                .data()
                .orElseThrow()
                .getFirst()
                .asUserMessage()
                .id();
    }

    void allow(String call) {
        send(EventSendParams.builder().addEvent(allowing(call)));
    }

    void interrupt() {
        send(EventSendParams.builder().addEvent(interruption()));
    }

    static BetaManagedAgentsUserMessageEventParams message(String text) {
        return BetaManagedAgentsUserMessageEventParams.builder()
                .addTextContent(text)
                .build();
    }

    static BetaManagedAgentsUserInterruptEventParams interruption() {
        return BetaManagedAgentsUserInterruptEventParams.builder().build();
    }

    static BetaManagedAgentsUserToolConfirmationEventParams allowing(String call) {
        return BetaManagedAgentsUserToolConfirmationEventParams.builder()
                .result(BetaManagedAgentsUserToolConfirmationEventParams.Result.ALLOW)
                .toolUseId(call)
                .build();
    }

    static BetaManagedAgentsUserToolConfirmationEventParams denying(String call, String why) {
        return BetaManagedAgentsUserToolConfirmationEventParams.builder()
                .result(BetaManagedAgentsUserToolConfirmationEventParams.Result.DENY)
                .toolUseId(call)
                .denyMessage(why)
                .build();
    }

    static BetaManagedAgentsUserCustomToolResultEventParams result(String call, String text) {
        return BetaManagedAgentsUserCustomToolResultEventParams.builder()
                .customToolUseId(call)
                .addTextContent(text)
                .build();
    }

    // ---- what it sees

    BetaManagedAgentsSession session() {
        return client.sdk().beta().sessions().retrieve(id);
    }

    String status() {
        return session().status().asString();
    }

    /** All events, through every page, each of them checked by the SDK. */
    List<JsonNode> events() {
        List<JsonNode> events = new ArrayList<>();
        for (BetaManagedAgentsSessionEvent event :
                client.sdk().beta().sessions().events().list(id).autoPager())
            events.add(ObjectMappers.jsonMapper().valueToTree(event.validate()));
        return events;
    }

    List<String> types() {
        return types(events());
    }

    static List<String> types(List<JsonNode> events) {
        return events.stream().map(event -> event.path("type").asText()).toList();
    }

    static List<JsonNode> of(List<JsonNode> events, String type) {
        return events.stream()
                .filter(event -> event.path("type").asText().equals(type))
                .toList();
    }

    /** The texts of the agent's messages. */
    static List<String> said(List<JsonNode> events) {
        return of(events, "agent.message").stream()
                .map(event -> event.path("content").path(0).path("text").asText())
                .toList();
    }

    /** The texts of the results of tools. */
    static List<String> results(List<JsonNode> events) {
        return of(events, "agent.tool_result").stream()
                .map(event -> event.path("content").path(0).path("text").asText())
                .toList();
    }

    static JsonNode stopReason(List<JsonNode> events) {
        List<JsonNode> idle = of(events, "session.status_idle");
        assertThat(idle).as("the session has been idle").isNotEmpty();
        return idle.getLast().path("stop_reason");
    }

    /** The first event of a type that fits. */
    JsonNode await(String type, Predicate<JsonNode> fits) {
        return Eventually.value(
                type + " in " + id,
                () -> of(events(), type).stream().filter(fits).findFirst());
    }

    JsonNode await(String type) {
        return await(type, event -> true);
    }

    /** Waits until the session has nothing to do; what happened is legal, and is returned. */
    List<JsonNode> settled() {
        Eventually.value(id + " comes to rest", () -> {
            String status = status();
            return status.equals("idle") || status.equals("terminated") ? Optional.of(status) : Optional.empty();
        });
        List<JsonNode> events = events();
        Legal.events(events);
        return events;
    }

    /** Settled with a question. @return the ids of the events that want a response */
    List<String> awaiting() {
        JsonNode reason = stopReason(settled());
        assertThat(reason.path("type").asText()).isEqualTo("requires_action");
        List<String> ids = new ArrayList<>();
        reason.path("event_ids").forEach(each -> ids.add(each.asText()));
        return ids;
    }
}
