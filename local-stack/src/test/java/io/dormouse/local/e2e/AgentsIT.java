package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.ConflictException;
import com.anthropic.models.beta.agents.AgentCreateParams;
import com.anthropic.models.beta.agents.AgentListParams;
import com.anthropic.models.beta.agents.AgentRetrieveParams;
import com.anthropic.models.beta.agents.AgentUpdateParams;
import com.anthropic.models.beta.agents.BetaManagedAgentsAgent;
import com.anthropic.models.beta.agents.BetaManagedAgentsModel;
import com.anthropic.services.blocking.beta.AgentService;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class AgentsIT {
    private static int workspaces;

    private Client client;
    private AgentService agents;

    @BeforeEach
    void ownWorkspace(RunningSuite suite) {
        client = suite.workspace("agents-" + ++workspaces);
        agents = client.sdk().beta().agents();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private BetaManagedAgentsAgent create(String name) {
        return agents.create(AgentCreateParams.builder()
                .name(name)
                .model(BetaManagedAgentsModel.CLAUDE_SONNET_5)
                .build());
    }

    @Test
    void an_agent_keeps_all_its_versions() {
        BetaManagedAgentsAgent first = create("v1");
        assertThat(first.version()).isEqualTo(1);
        for (int version = 1; version < 5; version++)
            assertThat(agents.update(
                                    first.id(),
                                    AgentUpdateParams.builder()
                                            .version(version)
                                            .name("v" + (version + 1))
                                            .build())
                            .version())
                    .isEqualTo(version + 1);
        assertThat(agents.retrieve(first.id()).name()).isEqualTo("v5");
        assertThat(agents.retrieve(
                                first.id(),
                                AgentRetrieveParams.builder().version(2).build())
                        .name())
                .isEqualTo("v2");
        List<Integer> versions = new ArrayList<>();
        agents.versions()
                .list(
                        first.id(),
                        com.anthropic.models.beta.agents.versions.VersionListParams.builder()
                                .limit(2)
                                .build())
                .autoPager()
                .forEach(version -> versions.add(version.version()));
        assertThat(versions).containsExactly(5, 4, 3, 2, 1);
        // Nothing changed, no version.
        assertThat(agents.update(
                                first.id(),
                                AgentUpdateParams.builder().name("v5").build())
                        .version())
                .isEqualTo(5);
    }

    @Test
    void a_stale_version_is_a_conflict_and_changes_nothing() {
        BetaManagedAgentsAgent agent = create("one");
        agents.update(
                agent.id(), AgentUpdateParams.builder().version(1).name("two").build());
        assertThatThrownBy(() -> agents.update(
                        agent.id(),
                        AgentUpdateParams.builder().version(1).name("three").build()))
                .isInstanceOf(ConflictException.class);
        assertThat(agents.retrieve(agent.id()).name()).isEqualTo("two");
        Reply stale = client.post("/v1/agents/" + agent.id(), "{\"version\":1,\"name\":\"three\"}");
        assertThat(stale.status()).isEqualTo(409);
        assertThat(stale.header("x-should-retry")).isEqualTo("false");
    }

    @Test
    void an_archived_agent_is_read_only_hidden_and_not_for_new_sessions() {
        BetaManagedAgentsAgent agent = create("old");
        create("new");
        assertThat(agents.archive(agent.id()).archivedAt()).isPresent();
        assertThat(agents.archive(agent.id()).archivedAt()).isPresent();
        assertThat(agents.retrieve(agent.id()).archivedAt()).isPresent();
        assertThat(names(AgentListParams.builder().build())).containsExactly("new");
        assertThat(names(AgentListParams.builder().includeArchived(true).build()))
                .containsExactly("new", "old");
        assertThatThrownBy(() -> agents.update(
                        agent.id(), AgentUpdateParams.builder().name("x").build()))
                .isInstanceOf(BadRequestException.class);
        Reply session = client.post(
                "/v1/sessions",
                "{\"agent\":\"" + agent.id() + "\",\"environment_id\":\"" + client.environment() + "\"}");
        assertThat(session.status()).isEqualTo(400);
        assertThat(client.delete("/v1/agents/" + agent.id()).status()).isEqualTo(405);
    }

    @Test
    void agents_are_listed_in_pages_and_windows_of_time() throws InterruptedException {
        List<BetaManagedAgentsAgent> made = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            BetaManagedAgentsAgent agent = create("agent " + i);
            // Times are whole milliseconds: the next one is later for sure.
            while (!java.time.Instant.now()
                    .isAfter(agent.createdAt().toInstant().plusMillis(1))) Thread.onSpinWait();
            made.add(agent);
        }
        assertThat(names(AgentListParams.builder().limit(2).build()))
                .containsExactly("agent 4", "agent 3", "agent 2", "agent 1", "agent 0");
        assertThat(agents.list(AgentListParams.builder().limit(2).build()).data())
                .hasSize(2);
        assertThat(names(AgentListParams.builder()
                        .createdAtGte(made.get(1).createdAt())
                        .createdAtLte(made.get(3).createdAt())
                        .limit(1)
                        .build()))
                .containsExactly("agent 3", "agent 2", "agent 1");
        assertThat(names(AgentListParams.builder()
                        .createdAtLte(made.get(0).createdAt())
                        .build()))
                .containsExactly("agent 0");
    }

    private List<String> names(AgentListParams params) {
        List<String> names = new ArrayList<>();
        agents.list(params).autoPager().forEach(agent -> names.add(agent.name()));
        return names;
    }

    @Test
    void a_configuration_comes_back_resolved_and_is_cleared_by_null() {
        Reply made = client.post(
                "/v1/agents",
                "{\"name\":\"full\",\"description\":\"what it is\",\"system\":\"Be brief.\",\"metadata\":{\"a\":\"1\",\"b\":\"2\"},"
                        + "\"model\":{\"id\":\"claude-sonnet-5\",\"effort\":\"low\"},\"tools\":" + PermissionsIT.CUSTOM
                        + "}");
        assertThat(made.status()).as(made.json().toString()).isEqualTo(200);
        BetaManagedAgentsAgent agent = agents.retrieve(made.id());
        assertThat(agent.system()).contains("Be brief.");
        assertThat(agent.tools()).hasSize(2);
        assertThat(agent.tools().getFirst().isAgentToolset20260401()).isTrue();
        assertThat(agent.tools().getLast().asCustom().name()).isEqualTo("lookup");
        Reply cleared = client.post(
                "/v1/agents/" + agent.id(),
                "{\"system\":null,\"description\":\"\",\"tools\":[],\"metadata\":{\"a\":null,\"c\":\"3\"}}");
        assertThat(cleared.json().path("system").isNull()).isTrue();
        assertThat(cleared.json().path("description").isNull()).isTrue();
        assertThat(cleared.json().path("tools")).isEmpty();
        assertThat(cleared.json().path("metadata").toString()).isEqualTo("{\"b\":\"2\",\"c\":\"3\"}");
        assertThat(agents.retrieve(made.id()).version()).isEqualTo(2);
    }

    @Test
    void models_are_listed_for_both_types_of_the_sdk() {
        assertThat(client.sdk().models().list().data()).isNotEmpty();
        assertThat(client.sdk().beta().models().list().data()).isNotEmpty();
        assertThat(client.sdk().models().retrieve("claude-sonnet-5").id()).isEqualTo("claude-sonnet-5");
    }
}
