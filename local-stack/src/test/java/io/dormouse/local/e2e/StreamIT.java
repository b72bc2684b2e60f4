package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.core.http.StreamResponse;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.beta.sessions.BetaManagedAgentsDeltaType;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsStreamSessionEvents;
import com.anthropic.models.beta.sessions.events.EventStreamParams;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class StreamIT {
    private static final String DELTAS = "?event_deltas%5B%5D=agent.message&event_deltas%5B%5D=agent.thinking";

    @Test
    void the_headers_come_at_once_and_a_ping_with_them(Brain brain, Client client) {
        Talk talk = client.talk(brain.role());
        try (RawStream stream = RawStream.open(client, talk.id())) {
            assertThat(stream.status()).isEqualTo(200);
            assertThat(stream.header("content-type")).startsWith("text/event-stream");
            assertThat(stream.header("request-id")).startsWith("req_");
            assertThat(stream.header("content-encoding")).isNull();
            assertThat(stream.next().name()).isEqualTo("ping");
            // And again, although nothing happens.
            assertThat(stream.next()).isEqualTo(new RawStream.Event(null, "ping", "{}"));
        }
    }

    @Test
    void every_event_is_named_by_its_type_unless_an_old_client_would_drop_it(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(
                Script.error(529, "overloaded_error", "Overloaded"), Brain.bash("t1", "true"), Script.text("Done.")));
        try (RawStream stream = RawStream.open(client, talk.id())) {
            talk.say("go");
            List<RawStream.Event> streamed = stream.until("session.status_idle");
            for (RawStream.Event event : streamed) {
                assertThat(event.name()).isEqualTo(event.type().equals("session.usage") ? "message" : event.type());
                assertThat(event.id()).isNotNull();
            }
            assertThat(streamed).extracting(RawStream.Event::type).contains("session.usage", "session.error");
            assertThat(ids(streamed)).isEqualTo(listed(talk));
        }
    }

    @Test
    void deltas_add_up_to_the_message_that_follows_them_under_the_same_id(Brain brain, Client client) {
        String text = "A text of some length, with \u4e16\u754c and \ud83d\ude00 in it, told bit by bit.";
        // The model begins only when the stream has come so far: who reads the log behind a reply gets it whole,
        // without deltas.
        Gate first = new Gate();
        Gate second = new Gate();
        Brain.Role role = brain.role(
                Script.reply()
                        .thenThinking("Hm.", "c2ln")
                        .thenText(text)
                        .thenText("And more.")
                        .thenToolUse("t1", "bash", "{\"command\":\"true\"}")
                        .deltaChars(3)
                        .holdBeforeEvent(0, first),
                Script.text("Over.").deltaChars(2).holdBeforeEvent(0, second));
        Talk talk = client.talk(role);
        try (RawStream stream = RawStream.open(client, talk.id(), DELTAS, Map.of())) {
            talk.say("go");
            List<RawStream.Event> events = new ArrayList<>(stream.until("span.model_request_start"));
            first.open();
            events.addAll(stream.until("agent.tool_result"));
            events.addAll(stream.until("span.model_request_start"));
            second.open();
            events.addAll(stream.until("session.status_idle"));
            List<String> types = new ArrayList<>();
            for (RawStream.Event event : events)
                if (types.isEmpty() || !types.getLast().equals(event.type())) types.add(event.type());
            assertThat(types)
                    .containsExactly(
                            "user.message",
                            "session.status_running",
                            "session.thread_status_running",
                            "span.model_request_start",
                            "event_start",
                            "event_delta",
                            "agent.thinking",
                            "agent.message",
                            "agent.tool_use",
                            "span.model_request_end",
                            "agent.tool_result",
                            "span.model_request_start",
                            "event_start",
                            "event_delta",
                            "agent.message",
                            "span.model_request_end",
                            "session.thread_status_idle",
                            "session.usage",
                            "session.status_idle");
            Map<String, StringBuilder> heard = new java.util.LinkedHashMap<>();
            List<String> started = new ArrayList<>();
            for (RawStream.Event event : events) {
                JsonNode json = event.json();
                switch (event.type()) {
                    case "event_start" -> {
                        assertThat(event.id()).isNull();
                        started.add(json.path("event").path("id").asText());
                    }
                    case "event_delta" -> {
                        assertThat(event.id()).isNull();
                        assertThat(json.path("delta").path("type").asText()).isEqualTo("content_delta");
                        String key = json.path("event_id").asText() + "/"
                                + json.path("delta").path("index").asInt();
                        heard.computeIfAbsent(key, none -> new StringBuilder())
                                .append(json.path("delta")
                                        .path("content")
                                        .path("text")
                                        .asText());
                    }
                    case "agent.message" -> {
                        for (int i = 0; i < json.path("content").size(); i++)
                            assertThat(heard.remove(json.path("id").asText() + "/" + i))
                                    .asString()
                                    .isEqualTo(json.path("content")
                                            .path(i)
                                            .path("text")
                                            .asText());
                        assertThat(started).contains(json.path("id").asText());
                    }
                    case "agent.thinking" ->
                        assertThat(started).contains(json.path("id").asText());
                    default -> {}
                }
            }
            assertThat(heard).isEmpty();
            assertThat(started).hasSize(3).doesNotHaveDuplicates();
        }
        // Nothing of it is in the history.
        assertThat(talk.types()).noneMatch(type -> type.startsWith("event_"));
    }

    @Test
    void the_sdk_reads_deltas_while_the_model_still_speaks(Brain brain, Client client) {
        Gate gate = new Gate();
        Talk talk = client.talk(
                brain.role(Script.text("Hello, slow world.").deltaChars(6).holdBeforeEvent(4, gate)));
        try (StreamResponse<BetaManagedAgentsStreamSessionEvents> stream = client.sdk()
                .beta()
                .sessions()
                .events()
                .streamStreaming(
                        talk.id(),
                        EventStreamParams.builder()
                                .addEventDelta(BetaManagedAgentsDeltaType.AGENT_MESSAGE)
                                .build())) {
            talk.say("go");
            Iterator<BetaManagedAgentsStreamSessionEvents> events =
                    stream.stream().iterator();
            BetaManagedAgentsStreamSessionEvents event = events.next();
            while (!event.isEventDelta()) event = events.next();
            assertThat(event.asEventDelta().delta().content().text()).isEqualTo("Hello,");
            gate.open();
            while (!event.isAgentMessage()) event = events.next();
            assertThat(event.asAgentMessage().content().getFirst().asText().text())
                    .isEqualTo("Hello, slow world.");
        }
        talk.settled();
    }

    @Test
    void a_late_watcher_gets_a_message_whole_and_an_unasked_one_gets_no_deltas(Brain brain, Client client) {
        Gate gate = new Gate();
        Talk talk = client.talk(brain.role(Script.text("Half said already, and then the rest.")
                .deltaChars(4)
                .holdBeforeEvent(6, gate)));
        try (RawStream early = RawStream.open(client, talk.id(), DELTAS, Map.of());
                RawStream unasked = RawStream.open(client, talk.id())) {
            talk.say("go");
            early.until("event_delta");
            gate.awaitReached();
            try (RawStream late = RawStream.open(client, talk.id(), DELTAS, Map.of())) {
                assertThat(late.next().name()).isEqualTo("ping");
                gate.open();
                assertThat(late.until("session.status_idle"))
                        .extracting(RawStream.Event::type)
                        .startsWith("agent.message", "span.model_request_end");
            }
            assertThat(unasked.until("session.status_idle"))
                    .extracting(RawStream.Event::type)
                    .noneMatch(type -> type.startsWith("event_"));
        }
    }

    @Test
    void an_interrupted_message_begins_and_never_comes(Brain brain, Client client) {
        Gate gate = new Gate();
        Talk talk = client.talk(
                brain.role(Script.text("I am going to say a lot.").deltaChars(4).holdBeforeEvent(6, gate)));
        try (RawStream stream = RawStream.open(client, talk.id(), DELTAS, Map.of())) {
            talk.say("go");
            gate.awaitReached();
            talk.interrupt();
            List<String> types = stream.until("session.status_idle").stream()
                    .map(RawStream.Event::type)
                    .toList();
            assertThat(types).contains("event_start", "event_delta", "span.model_request_end");
            assertThat(types).doesNotContain("agent.message");
        }
    }

    @Test
    void wrong_parameters_are_refused_before_the_stream_begins(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Script.text("Hi.")));
        talk.say("go");
        talk.settled();
        for (String query : List.of("?event_deltas=agent.tool_use", "?event_deltas%5B%5D=everything"))
            try (RawStream stream = RawStream.open(client, talk.id(), query, Map.of())) {
                assertThat(stream.status()).isEqualTo(400);
            }
        for (String id : List.of("x", "9999.0", "-1.0", "1", "1.0.0", "99999999999999999999.1"))
            try (RawStream stream = RawStream.open(client, talk.id(), "", Map.of("last-event-id", id))) {
                assertThat(stream.status()).as("Last-Event-ID " + id).isEqualTo(400);
            }
        assertThatThrownBy(() -> client.sdk().beta().sessions().events().streamStreaming("sesn_nowhere"))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void a_stream_that_is_cut_at_any_byte_goes_on_where_it_was(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(
                Brain.bash("t1", "printf '\u4e16\u754c\\n\\nevent: fake\\ndata: {}\\n\\n'"),
                Script.text("Line one.\n\nLine three: \u00e9\ud83d\ude00."),
                Script.text("Two.")));
        talk.say("one \u4e16");
        talk.settled();
        talk.say("two");
        List<String> all = ids(talk.settled(), "id");
        byte[] whole;
        try (RawStream stream = RawStream.fromTheStart(client, talk.id())) {
            whole = bytes(stream, all.getLast());
        }
        assertThat(ids(RawStream.parse(text(whole)))).isEqualTo(all);
        Random random = new Random(7);
        for (int round = 0; round < 120; round++) {
            int cut = round < 20 ? round : random.nextInt(whole.length + 1);
            List<String> seen = new ArrayList<>();
            String last;
            try (RawStream stream = RawStream.fromTheStart(client, talk.id())) {
                ByteArrayOutputStream part = new ByteArrayOutputStream();
                while (part.size() < cut) part.write(stream.read());
                List<RawStream.Event> complete = RawStream.parse(text(part.toByteArray()));
                seen.addAll(ids(complete));
                last = complete.stream()
                        .map(RawStream.Event::id)
                        .filter(id -> id != null)
                        .reduce("0.0", (a, b) -> b);
            }
            if (seen.size() < all.size())
                try (RawStream stream = RawStream.open(client, talk.id(), "", Map.of("last-event-id", last))) {
                    seen.addAll(ids(RawStream.parse(text(bytes(stream, all.getLast())))));
                }
            assertThat(seen).as("cut at byte " + cut).isEqualTo(all);
        }
    }

    @Test
    void a_stream_that_is_cut_while_things_happen_loses_and_repeats_nothing(Brain brain, Client client) {
        Brain.Role role = brain.role(request -> request.toolResults().isEmpty()
                ? Brain.bash("t" + request.number(), "echo " + request.number())
                : Script.text("Done " + request.number() + "."));
        Talk talk = client.talk(role);
        Thread talking = Thread.ofVirtual().start(() -> {
            for (int i = 0; i < 15; i++) talk.say("message " + i);
        });
        Random random = new Random(11);
        List<String> seen = new ArrayList<>();
        String last = "0.0";
        while (true) {
            boolean over = !talking.isAlive() && talk.status().equals("idle");
            ByteArrayOutputStream part = new ByteArrayOutputStream();
            List<String> all = over ? listed(talk) : List.of();
            if (over && all.size() == seen.size()) break;
            int bytes = 200 + random.nextInt(3000);
            try (RawStream stream = RawStream.open(client, talk.id(), "", Map.of("last-event-id", last))) {
                // At the end there may be fewer bytes than that: stop at the last event.
                while (part.size() < bytes) {
                    part.write(stream.read());
                    if (over && ids(RawStream.parse(text(part.toByteArray()))).contains(all.getLast())) break;
                    if (!over && part.size() > 30 && talk.status().equals("idle")) break;
                }
            }
            for (RawStream.Event event : RawStream.parse(text(part.toByteArray()))) {
                if (event.id() == null) continue;
                seen.add(event.json().path("id").asText());
                last = event.id();
            }
        }
        assertThat(seen).isEqualTo(listed(talk));
        assertThat(Talk.of(talk.settled(), "user.message")).hasSize(15);
        Legal.requests(role);
    }

    @Test
    void a_deleted_session_says_so_and_ends_the_stream(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Script.text("Hi.")));
        talk.say("go");
        talk.settled();
        try (RawStream stream = RawStream.open(client, talk.id())) {
            assertThat(stream.next().name()).isEqualTo("ping");
            client.sdk().beta().sessions().delete(talk.id());
            assertThat(stream.until("session.deleted")).hasSize(1);
            assertThat(stream.next()).isNull();
        }
        try (RawStream stream = RawStream.open(client, talk.id())) {
            assertThat(stream.status()).isEqualTo(404);
        }
    }

    @Test
    void an_archived_session_says_so_and_ends_the_stream(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Script.text("Hi.")));
        talk.say("go");
        talk.settled();
        try (RawStream stream = RawStream.open(client, talk.id())) {
            assertThat(stream.next().name()).isEqualTo("ping");
            client.sdk().beta().sessions().archive(talk.id());
            stream.until("session.status_terminated");
            RawStream.Event event = stream.next();
            while (event != null) event = stream.next();
        }
        assertThat(Talk.types(talk.settled())).contains("session.status_terminated");
    }

    @Test
    void the_primary_thread_has_the_same_events_and_stream(Brain brain, Client client) {
        Talk talk = client.talk(brain.role(Script.text("Hi.")));
        var threads = client.sdk().beta().sessions().threads();
        String thread = threads.list(talk.id()).data().getFirst().id();
        try (var stream = threads.events()
                .streamStreaming(
                        thread,
                        com.anthropic.models.beta.sessions.threads.events.EventStreamParams.builder()
                                .sessionId(talk.id())
                                .build())) {
            talk.say("go");
            List<String> streamed = new ArrayList<>();
            for (var events = stream.stream().iterator(); events.hasNext(); ) {
                var event = events.next();
                streamed.add(event.type().asString());
                if (event.isSessionStatusIdle()) break;
            }
            assertThat(streamed).isEqualTo(Talk.types(talk.settled()));
        }
        List<String> listed = new ArrayList<>();
        threads.events()
                .list(
                        thread,
                        com.anthropic.models.beta.sessions.threads.events.EventListParams.builder()
                                .sessionId(talk.id())
                                .build())
                .autoPager()
                .forEach(event -> listed.add(event.id()));
        assertThat(listed).isEqualTo(listed(talk));
    }

    private static byte[] bytes(RawStream stream, String lastId) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (true) {
            int b = stream.read();
            assertThat(b).as("the stream goes on").isNotNegative();
            bytes.write(b);
            if (b == '\n' && text(bytes.toByteArray()).endsWith("\n\n")) {
                List<String> ids = ids(RawStream.parse(text(bytes.toByteArray())));
                if (!ids.isEmpty() && ids.getLast().equals(lastId)) return bytes.toByteArray();
            }
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static List<String> listed(Talk talk) {
        return ids(talk.events(), "id");
    }

    private static List<String> ids(List<JsonNode> events, String field) {
        return events.stream().map(event -> event.path(field).asText()).toList();
    }

    private static List<String> ids(List<RawStream.Event> events) {
        return events.stream()
                .filter(event -> event.id() != null)
                .map(event -> event.json().path("id").asText())
                .toList();
    }
}
