package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.errors.BadRequestException;
import com.anthropic.errors.ConflictException;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.beta.environments.BetaCloudConfigParams;
import com.anthropic.models.beta.environments.BetaEnvironment;
import com.anthropic.models.beta.environments.BetaLimitedNetworkParams;
import com.anthropic.models.beta.environments.EnvironmentCreateParams;
import com.anthropic.models.beta.environments.EnvironmentListParams;
import com.anthropic.models.beta.environments.EnvironmentUpdateParams;
import com.anthropic.services.blocking.beta.EnvironmentService;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnSuite.class)
class EnvironmentsIT {
    private static int workspaces;

    private Client client;
    private EnvironmentService environments;

    @BeforeEach
    void ownWorkspace(RunningSuite suite) {
        client = suite.workspace("environments-" + ++workspaces);
        environments = client.sdk().beta().environments();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private BetaEnvironment create(String name) {
        return environments.create(EnvironmentCreateParams.builder().name(name).build());
    }

    private List<String> names(EnvironmentListParams params) {
        List<String> names = new ArrayList<>();
        environments.list(params).autoPager().forEach(environment -> names.add(environment.name()));
        return names;
    }

    @Test
    void an_environment_is_made_changed_archived_and_deleted() {
        BetaEnvironment made = environments.create(EnvironmentCreateParams.builder()
                .name("dev")
                .config(BetaCloudConfigParams.builder()
                        .networking(BetaLimitedNetworkParams.builder()
                                .addAllowedHost("api.example.org")
                                .build())
                        .build())
                .build());
        assertThat(made.config().asCloud().networking().asLimited().allowedHosts())
                .containsExactly("api.example.org");
        assertThat(made.config().asCloud().packages().pip()).isEmpty();
        BetaEnvironment changed = environments.update(
                made.id(),
                EnvironmentUpdateParams.builder().description("for work").build());
        assertThat(changed.description()).contains("for work");
        assertThat(changed.config()).isEqualTo(made.config());
        assertThat(environments.retrieve(made.id())).isEqualTo(changed);
        assertThat(environments.archive(made.id()).archivedAt()).isPresent();
        assertThat(names(EnvironmentListParams.builder().build())).isEmpty();
        assertThat(names(EnvironmentListParams.builder().includeArchived(true).build()))
                .containsExactly("dev");
        assertThatThrownBy(() -> environments.update(
                        made.id(),
                        EnvironmentUpdateParams.builder().description("x").build()))
                .isInstanceOfSatisfying(BadRequestException.class, refused -> assertThat(refused.errorCode())
                        .contains("environment_archived"));
        assertThat(environments.delete(made.id()).id()).isEqualTo(made.id());
        assertThatThrownBy(() -> environments.retrieve(made.id())).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> environments.delete(made.id())).isInstanceOf(NotFoundException.class);
    }

    @Test
    void a_name_is_taken_until_its_bearer_is_gone() {
        BetaEnvironment first = create("name");
        assertThatThrownBy(() -> create("name")).isInstanceOf(ConflictException.class);
        environments.archive(first.id());
        BetaEnvironment second = create("name");
        environments.delete(second.id());
        BetaEnvironment third = create("name");
        environments.update(
                third.id(), EnvironmentUpdateParams.builder().name("renamed").build());
        create("name");
        assertThatThrownBy(() -> create("renamed")).isInstanceOf(ConflictException.class);
    }

    @Test
    void environments_are_listed_in_pages() {
        for (int i = 0; i < 5; i++) create("e" + i);
        assertThat(names(EnvironmentListParams.builder().limit(2).build()))
                .containsExactly("e4", "e3", "e2", "e1", "e0");
    }

    @Test
    void the_kind_of_an_environment_cannot_be_changed() {
        BetaEnvironment made = create("cloud");
        Reply refused = client.post("/v1/environments/" + made.id(), "{\"config\":{\"type\":\"self_hosted\"}}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json()
                        .path("error")
                        .path("details")
                        .path("error_code")
                        .asText())
                .isEqualTo("invalid_config_type_change");
    }

    @Test
    void a_session_outlives_its_environment_and_none_begins_in_an_archived_one() {
        String environment = create("short-lived").id();
        String agent = client.agent("x", "[]").id();
        String body = "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + environment + "\"}";
        Reply session = client.post("/v1/sessions", body);
        assertThat(session.status()).isEqualTo(200);
        environments.archive(environment);
        assertThat(client.post("/v1/sessions", body).status()).isEqualTo(400);
        environments.delete(environment);
        assertThat(client.post("/v1/sessions", body).status()).isEqualTo(404);
        assertThat(client.sdk().beta().sessions().retrieve(session.id()).environmentId())
                .isEqualTo(environment);
    }
}
