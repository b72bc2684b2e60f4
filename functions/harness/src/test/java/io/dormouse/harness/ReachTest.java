package io.dormouse.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandCall;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.HandResult;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Recipe;
import io.dormouse.hands.SessionRecipes;
import io.dormouse.hands.Shelf;
import io.dormouse.hands.Tenure;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.outbound.Outbound;
import io.dormouse.pace.Cancellation;
import io.dormouse.resource.Resource;
import io.dormouse.session.ToolResult;
import io.dormouse.testkit.memory.MemoryResources;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What a shift gives to its hand: a way out under the session's identity, and what the environment names. */
class ReachTest {
    private static final String BASH = "[{'type':'agent_toolset_20260401'}]";

    private final World world = new World(BASH);
    private final MemoryResources resources = new MemoryResources(world.pace::now);
    private final List<String> happened = new ArrayList<>();
    private final List<Outbound.Caller> callers = new ArrayList<>();
    private String problem;
    /** Of the provider; null once it has been told. */
    private String note;

    /** A hand whose every call makes one request. */
    private final class Requesting implements Hand {
        private Function<Outbound.Request, Outbound.Response> way;

        @Override
        public HandResult execute(HandCall call, Cancellation cancellation) {
            happened.add("call");
            Outbound.Response response = way.apply(
                    new Outbound.Request("GET", "https://a.test/", List.of(), InputStream.nullInputStream(), 0));
            return new HandResult.Output(ToolResult.text(response.toString()), false);
        }

        @Override
        public Attached attach(Function<Outbound.Request, Outbound.Response> toAttach, long epoch) {
            happened.add("attached " + epoch);
            way = toAttach;
            return () -> happened.add("closed");
        }

        @Override
        public Optional<String> prepare(Supplier<Recipe> recipe, Cancellation cancellation) {
            happened.add(recipe.get().toString());
            return Optional.ofNullable(problem);
        }
    }

    private final class Provider implements HandProvider {
        private final Requesting hand = new Requesting();

        @Override
        public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
            return new Provided.Ready(hand, happened.isEmpty(), note);
        }

        @Override
        public void told(HandId id, Tenure tenure) {
            assertThat(world.event("session.error")
                            .path("error")
                            .path("message")
                            .asText())
                    .as("in the log by now")
                    .isEqualTo(note);
            note = null;
        }

        @Override
        public Optional<Hand> find(HandId id) {
            return Optional.of(hand);
        }

        @Override
        public void discard(HandId id) {}
    }

    private void wake() {
        Outbound outbound = (caller, request) -> {
            callers.add(caller);
            return new Outbound.Response.Refused("destination_denied", "no");
        };
        world.faulty = ports -> new Ports(
                ports.heads(),
                ports.log(),
                ports.model(),
                new Hands(
                        new Provider(),
                        world.pace,
                        Shelf.NONE,
                        outbound,
                        new SessionRecipes(resources, (workspace, session) -> Map.of())),
                ports.feed(),
                ports.wakes(),
                ports.spill(),
                ports.catalog(),
                ports.retries(),
                ports.pace(),
                ports.ids(),
                ports.random(),
                ports.uses(),
                ports.servers());
        assertThat(world.harness().wake(world.thread, "me", world.pace.now().plus(Duration.ofMinutes(15))))
                .isEqualTo(Harness.Woken.SETTLED);
    }

    private void environment(String packages) {
        Instant now = world.pace.now();
        resources.create(Resource.of(
                WorkspaceId.DEFAULT,
                "session",
                world.session.text(),
                now,
                Json.object().put("environment_id", "env_1")));
        resources.create(Resource.of(
                WorkspaceId.DEFAULT,
                "environment",
                "env_1",
                now,
                Json.parse("{\"config\":{\"packages\":" + packages.replace('\'', '"') + "}}")));
    }

    @Test
    void a_shift_attaches_once_and_lets_go_when_it_is_over() {
        environment("{'type':'packages','pip':['numpy==2.0'],'apt':[],'npm':['left-pad','is-odd']}");
        world.says("go");
        world.replies.add(World.calls("bash"));
        world.replies.add(World.calls("bash"));
        wake();
        String recipe = new Recipe(Map.of("npm", List.of("left-pad", "is-odd"), "pip", List.of("numpy==2.0")), Map.of())
                .toString();
        assertThat(happened).containsExactly("attached 1", recipe, "call", recipe, "call", "closed");
        assertThat(callers).hasSize(2);
        assertThat(callers.getFirst().session()).isEqualTo(world.session);
        assertThat(callers.getFirst().workspace()).isEqualTo(WorkspaceId.DEFAULT);
        assertThat(callers.getFirst().epoch()).isEqualTo(1);
        assertThat(callers.getFirst().purpose()).isEqualTo(Outbound.Purpose.SANDBOX);
        assertThat(callers.getFirst().call())
                .isEqualTo(callers.getFirst().call())
                .isNotEqualTo(callers.getLast().call())
                .isNotNull();
    }

    @Test
    void what_the_hand_could_not_be_given_is_told_to_the_model_and_to_the_client_and_ends_nothing() {
        problem = "apt: not installed";
        world.says("go");
        world.replies.add(World.calls("bash", "bash"));
        wake();
        String results =
                world.prompts.get(1).path("messages").get(2).path("content").toString();
        assertThat(results.split("apt: not installed", -1)).hasSize(2);
        assertThat(world.event("session.error").path("error").path("message").asText())
                .isEqualTo("apt: not installed");
        assertThat(world.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void a_hands_note_is_taken_back_when_it_is_in_the_log_and_not_before() {
        note = "The sandbox was lost.";
        world.says("go");
        world.replies.add(World.calls("bash"));
        world.replies.add(World.calls("bash"));
        wake();
        assertThat(note).isNull();
        assertThat(world.prompts.get(2).toString().split("The sandbox was lost", -1))
                .hasSize(2);
    }

    @Test
    void a_session_without_its_environment_gets_nothing() {
        assertThat(new SessionRecipes(resources, (workspace, session) -> Map.of())
                        .of(WorkspaceId.DEFAULT, world.session))
                .isEqualTo(Recipe.EMPTY);
        world.says("go");
        world.replies.add(World.calls("bash"));
        wake();
        assertThat(happened).contains("call", "closed");
    }
}
