package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsSessionEvent;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsSessionEventType;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsStreamSessionEvents;
import com.anthropic.models.beta.sessions.events.EventListParams;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class QuickstartIT {

    @Test
    void an_agent_answers_over_the_stream_that_was_opened_before(Brain brain, Client client) {
        Brain.Role role = brain.role(Script.text("Hello to you.").usage(12, 5));
        Talk talk = client.talk(role);
        assertThat(talk.status()).isEqualTo("idle");
        List<String> types = new ArrayList<>();
        String said = "";
        try (StreamResponse<BetaManagedAgentsStreamSessionEvents> stream =
                client.sdk().beta().sessions().events().streamStreaming(talk.id())) {
            talk.say("Hello");
            for (Iterator<BetaManagedAgentsStreamSessionEvents> events =
                            stream.stream().iterator();
                    events.hasNext(); ) {
                BetaManagedAgentsStreamSessionEvents event = events.next();
                types.add(event.type().asString());
                if (event.isAgentMessage())
                    said = event.asAgentMessage().content().getFirst().asText().text();
                if (event.isSessionStatusIdle()) break;
            }
        }
        assertThat(said).isEqualTo("Hello to you.");
        assertThat(types)
                .containsExactly(
                        "user.message",
                        "session.status_running",
                        "session.thread_status_running",
                        "span.model_request_start",
                        "agent.message",
                        "span.model_request_end",
                        "session.thread_status_idle",
                        "session.usage",
                        "session.status_idle");
        assertThat(Talk.types(talk.settled())).isEqualTo(types);
        assertThat(role.last().lastUserText()).isEqualTo("Hello");
        assertThat(talk.session().usage().inputTokens()).contains(12L);
        assertThat(talk.session().usage().outputTokens()).contains(5L);
    }

    @Test
    void a_session_is_running_as_soon_as_its_message_is_accepted(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Script.text("Done.")));
        talk.say("Go");
        // Whatever the harness has done by now: not idle without an answer.
        if (talk.status().equals("idle")) assertThat(talk.types()).contains("session.status_idle");
        assertThat(Talk.said(talk.settled())).containsExactly("Done.");
    }

    @Test
    void events_are_listed_by_type_and_in_both_orders(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Script.text("One."), Script.text("Two.")));
        talk.say("first");
        talk.settled();
        talk.say("second");
        List<String> all =
                talk.settled().stream().map(event -> event.path("id").asText()).toList();
        var events = client.sdk().beta().sessions().events();
        List<String> some = events
                .list(
                        talk.id(),
                        EventListParams.builder()
                                .addType(BetaManagedAgentsSessionEventType.AGENT_MESSAGE)
                                .addType(BetaManagedAgentsSessionEventType.USER_MESSAGE)
                                .build())
                .data()
                .stream()
                .map(event -> event.type().asString())
                .toList();
        assertThat(some).containsExactly("user.message", "agent.message", "user.message", "agent.message");
        for (EventListParams.Order order : List.of(EventListParams.Order.ASC, EventListParams.Order.DESC)) {
            for (int limit : List.of(1, 4, 1000)) {
                List<String> paged = new ArrayList<>();
                events
                        .list(
                                talk.id(),
                                EventListParams.builder()
                                        .order(order)
                                        .limit(limit)
                                        .build())
                        .autoPager()
                        .stream()
                        .map(BetaManagedAgentsSessionEvent::id)
                        .forEach(paged::add);
                assertThat(paged).isEqualTo(order.equals(EventListParams.Order.ASC) ? all : all.reversed());
            }
        }
    }
}
