package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.beta.agents.AgentUpdateParams;
import com.anthropic.models.beta.sessions.BetaManagedAgentsAgentParams;
import com.anthropic.models.beta.sessions.BetaManagedAgentsAgentWithOverridesParams;
import com.anthropic.models.beta.sessions.BetaManagedAgentsSession;
import com.anthropic.models.beta.sessions.SessionCreateParams;
import com.anthropic.models.beta.sessions.SessionListPage;
import com.anthropic.models.beta.sessions.SessionListParams;
import com.anthropic.models.beta.sessions.SessionUpdateParams;
import com.anthropic.services.blocking.beta.SessionService;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class SessionsIT {
    private static int workspaces;

    private Client client;
    private SessionService sessions;
    private String agent;
    private String environment;

    @BeforeEach
    void ownWorkspace(RunningSuite suite) {
        client = suite.workspace("sessions-" + ++workspaces);
        sessions = client.sdk().beta().sessions();
        agent = client.agent("x", "[]").id();
        environment = client.environment();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private BetaManagedAgentsSession create(String title) {
        BetaManagedAgentsSession session = sessions.create(SessionCreateParams.builder()
                .agent(agent)
                .environmentId(environment)
                .title(title)
                .build());
        while (!java.time.Instant.now().isAfter(session.createdAt().toInstant().plusMillis(1))) Thread.onSpinWait();
        return session;
    }

    private List<String> titles(SessionListParams.Builder params) {
        List<String> titles = new ArrayList<>();
        sessions.list(params.build())
                .autoPager()
                .forEach(session -> titles.add(session.title().orElseThrow()));
        return titles;
    }

    private static SessionListParams.Builder all() {
        return SessionListParams.builder();
    }

    @Test
    void sessions_are_listed_by_every_filter() {
        BetaManagedAgentsSession a = create("a");
        BetaManagedAgentsSession b = create("b");
        client.sdk()
                .beta()
                .agents()
                .update(agent, AgentUpdateParams.builder().name("new").build());
        BetaManagedAgentsSession c = create("c");
        String other = client.agent("y", "[]").id();
        sessions.create(SessionCreateParams.builder()
                .agent(other)
                .environmentId(environment)
                .title("d")
                .build());
        sessions.archive(b.id());
        assertThat(titles(all())).containsExactly("d", "c", "a");
        assertThat(titles(all().includeArchived(true))).containsExactly("d", "c", "b", "a");
        assertThat(titles(all().order(SessionListParams.Order.ASC))).containsExactly("a", "c", "d");
        assertThat(titles(all().agentId(agent))).containsExactly("c", "a");
        assertThat(titles(all().agentId(agent).agentVersion(1))).containsExactly("a");
        assertThat(titles(all().agentId(agent).agentVersion(2))).containsExactly("c");
        assertThat(titles(all().agentId("agent_unknown"))).isEmpty();
        assertThat(titles(all().addStatus(SessionListParams.Status.IDLE))).containsExactly("d", "c", "a");
        assertThat(titles(all().addStatus(SessionListParams.Status.RUNNING))).isEmpty();
        assertThat(titles(all().includeArchived(true)
                        .addStatus(SessionListParams.Status.TERMINATED)
                        .addStatus(SessionListParams.Status.RUNNING)))
                .containsExactly("b");
        assertThat(titles(all().createdAtGt(a.createdAt()))).containsExactly("d", "c");
        assertThat(titles(all().createdAtGte(a.createdAt()).createdAtLt(c.createdAt())))
                .containsExactly("a");
        assertThat(titles(all().createdAtLte(c.createdAt()))).containsExactly("c", "a");
        assertThat(titles(all().deploymentId("depl_1"))).isEmpty();
        assertThat(titles(all().memoryStoreId("memstore_1"))).isEmpty();
    }

    @Test
    void pages_go_both_ways() {
        for (int i = 0; i < 7; i++) create("s" + i);
        List<List<String>> forth = new ArrayList<>();
        SessionListPage page = sessions.list(all().limit(3).build());
        assertThat(page.prevPage()).isEmpty();
        forth.add(titles(page));
        while (page.hasNextPage()) {
            page = page.nextPage();
            forth.add(titles(page));
        }
        assertThat(forth).containsExactly(List.of("s6", "s5", "s4"), List.of("s3", "s2", "s1"), List.of("s0"));
        List<String> back = new ArrayList<>();
        while (page.prevPage().isPresent()) {
            page = sessions.list(all().limit(3).page(page.prevPage().get()).build());
            back.addAll(titles(page).reversed());
        }
        assertThat(back).containsExactly("s1", "s2", "s3", "s4", "s5", "s6");
        String cursor = sessions.list(all().limit(3).build()).nextPageRaw().orElseThrow();
        assertThatThrownBy(() -> sessions.list(
                        all().order(SessionListParams.Order.ASC).page(cursor).build()))
                .isInstanceOf(BadRequestException.class);
    }

    private static List<String> titles(SessionListPage page) {
        return page.data().stream()
                .map(session -> session.title().orElseThrow())
                .toList();
    }

    @Test
    void a_session_keeps_the_agent_as_it_was() {
        BetaManagedAgentsSession before = create("before");
        client.sdk()
                .beta()
                .agents()
                .update(agent, AgentUpdateParams.builder().system("new").build());
        assertThat(sessions.retrieve(before.id()).agent().version()).isEqualTo(1);
        assertThat(sessions.retrieve(before.id()).agent().system()).contains("x");
        BetaManagedAgentsSession pinned = sessions.create(SessionCreateParams.builder()
                .agent(BetaManagedAgentsAgentParams.builder()
                        .id(agent)
                        .version(1)
                        .build())
                .environmentId(environment)
                .build());
        assertThat(pinned.agent().system()).contains("x");
        BetaManagedAgentsSession overridden = sessions.create(SessionCreateParams.builder()
                .agent(BetaManagedAgentsAgentWithOverridesParams.builder()
                        .id(agent)
                        .system("mine")
                        .build())
                .environmentId(environment)
                .build());
        assertThat(overridden.agent().system()).contains("mine");
        assertThat(overridden.agent().version()).isEqualTo(2);
        assertThat(client.sdk().beta().agents().retrieve(agent).system()).contains("new");
    }

    @Test
    void an_update_is_told_to_those_who_watch() {
        BetaManagedAgentsSession session = create("old");
        Talk talk = new Talk(client, session.id());
        sessions.update(session.id(), SessionUpdateParams.builder().title("new").build());
        assertThat(sessions.retrieve(session.id()).title()).contains("new");
        var updated = talk.await("session.updated");
        assertThat(updated.path("title").asText()).isEqualTo("new");
        assertThat(updated.has("metadata")).isFalse();
        sessions.update(session.id(), SessionUpdateParams.builder().title("new").build());
        assertThat(Talk.of(talk.settled(), "session.updated")).hasSize(1);
    }

    @Test
    void a_session_can_get_tools_of_its_own(Brain brain) {
        Brain.Role role = brain.role(Script.text("None."), Script.text("Some."));
        Talk talk = client.talk(role, "[]");
        talk.say("what have you got?");
        talk.settled();
        assertThat(role.last().toolNames()).isEmpty();
        Reply tools = client.post("/v1/sessions/" + talk.id(), "{\"agent\":{\"tools\":" + Client.TOOLSET + "}}");
        assertThat(tools.status()).isEqualTo(200);
        assertThat(tools.json().path("agent").path("tools")).hasSize(1);
        talk.say("and now?");
        talk.settled();
        assertThat(role.last().toolNames()).contains("bash", "read");
        assertThat(client.sdk()
                        .beta()
                        .agents()
                        .retrieve(talk.session().agent().id())
                        .tools())
                .isEmpty();
    }

    @Test
    void a_running_session_is_neither_archived_nor_deleted(Brain brain) {
        Gate gate = new Gate();
        Talk talk = client.talk(brain.role(Script.text("Slow.").holdBeforeHeaders(gate)));
        talk.say("go");
        gate.awaitReached();
        assertThatThrownBy(() -> sessions.archive(talk.id())).isInstanceOf(BadRequestException.class);
        assertThatThrownBy(() -> sessions.delete(talk.id())).isInstanceOf(BadRequestException.class);
        assertThat(sessions.list(all().addStatus(SessionListParams.Status.RUNNING)
                                .build())
                        .data())
                .extracting(BetaManagedAgentsSession::id)
                .containsExactly(talk.id());
        gate.open();
        talk.settled();
        BetaManagedAgentsSession archived = sessions.archive(talk.id());
        assertThat(archived.status().asString()).isEqualTo("terminated");
        assertThat(archived.archivedAt()).isPresent();
        assertThat(sessions.archive(talk.id()).archivedAt()).isEqualTo(archived.archivedAt());
        assertThatThrownBy(() -> talk.say("still there?"))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("Cannot send events to archived session: " + talk.id());
        assertThat(Talk.said(talk.settled())).containsExactly("Slow.");
        sessions.delete(talk.id());
        assertThatThrownBy(() -> sessions.retrieve(talk.id())).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> talk.say("hello?")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> sessions.delete(talk.id())).isInstanceOf(NotFoundException.class);
        assertThat(sessions.list(all().includeArchived(true).build()).data()).isEmpty();
    }

    @Test
    void initial_events_set_a_session_to_work(Brain brain) {
        Brain.Role role = brain.role(Script.text("Started."));
        BetaManagedAgentsSession session = sessions.create(SessionCreateParams.builder()
                .agent(client.agent(role.system(), "[]").id())
                .environmentId(environment)
                .addInitialEvent(Talk.message("one"))
                .addInitialEvent(Talk.message("two"))
                .build());
        Talk talk = new Talk(client, session.id());
        talk.await("agent.message");
        assertThat(Talk.types(talk.settled())).startsWith("user.message", "user.message", "session.status_running");
        assertThat(role.last().json().path("messages").toString()).contains("one", "two");
        assertThat(role.requests()).hasSize(1);
    }

    @Test
    void usage_and_cost_add_up_over_turns(Brain brain) {
        Talk talk = client.talk(brain.role(
                Script.text("One.").usage(1_000_000, 1000), Script.text("Two.").usage(2_000_000, 2000)));
        talk.say("first");
        talk.settled();
        talk.say("second");
        talk.settled();
        var usage = sessions.retrieve(talk.id()).usage();
        assertThat(usage.inputTokens()).contains(3_000_000L);
        assertThat(usage.outputTokens()).contains(3000L);
        assertThat(usage.listCost().orElseThrow().amount()).matches("[1-9]\\d*");
        var thread = sessions.threads().list(talk.id()).data().getFirst();
        assertThat(thread.usage().orElseThrow().inputTokens()).contains(3_000_000L);
        assertThat(thread.status().asString()).isEqualTo("idle");
        assertThat(thread.parentThreadId()).isEmpty();
    }
}
