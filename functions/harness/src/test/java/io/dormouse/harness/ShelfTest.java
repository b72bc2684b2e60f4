package io.dormouse.harness;

import static io.dormouse.harness.World.calls;
import static io.dormouse.harness.World.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.hands.Hand;
import io.dormouse.hands.HandFiles;
import io.dormouse.hands.HandId;
import io.dormouse.hands.HandProvider;
import io.dormouse.hands.Hands;
import io.dormouse.hands.Mount;
import io.dormouse.hands.Shelf;
import io.dormouse.hands.Tenure;
import io.dormouse.harness.Harness.Woken;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.pace.Cancellation;
import io.dormouse.resource.Contents;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** When a harness puts files into a hand, and when it takes them out. */
class ShelfTest {
    private static final String BASH = "[{'type':'agent_toolset_20260401'}]";

    private final World world = new World(BASH);
    private final List<Mount> mounts = new ArrayList<>();
    private final Map<String, String> placed = new TreeMap<>();
    private final List<String> happened = new ArrayList<>();
    private IOException trouble;

    private final class Books implements Shelf {
        @Override
        public List<Mount> mounts(ThreadId thread) {
            return mounts;
        }

        @Override
        public Contents.Content open(Mount mount) throws IOException {
            if (mount.content().equals("gone")) throw new IOException("the content is gone");
            return new Contents.Content(new ByteArrayInputStream(new byte[3]), 3);
        }

        @Override
        public void take(ThreadId thread, HandFiles files) throws IOException {
            happened.add("take after " + world.eventTypes().getLast());
            if (trouble != null) throw trouble;
        }

        @Override
        public void forget(ThreadId thread) {
            happened.add("forget");
        }
    }

    private final class Room implements HandFiles {
        @Override
        public Map<String, String> placed() {
            return new TreeMap<>(placed);
        }

        @Override
        public void place(Mount mount, InputStream content) {
            happened.add("place " + mount.path());
            placed.put(mount.path(), mount.sha256());
        }

        @Override
        public void remove(String path) {
            happened.add("remove " + path);
            placed.remove(path);
        }

        @Override
        public Outputs outputs() {
            return new Outputs(List.of(), true);
        }

        @Override
        public InputStream read(Output output) {
            throw new AssertionError("there is none");
        }
    }

    ShelfTest() {
        world.shelf = new Books();
        world.files = new Room();
        world.hand = (call, cancellation) -> {
            happened.add("call");
            return new io.dormouse.hands.HandResult.Output(io.dormouse.session.ToolResult.text("ran"), false);
        };
    }

    private Woken wake() {
        return world.harness().wake(world.thread, "owner", Instant.MAX);
    }

    private void turn() {
        world.says("go");
        world.replies.add(calls("bash"));
        assertThat(wake()).isEqualTo(Woken.SETTLED);
    }

    @Test
    void files_are_in_before_a_call_and_out_before_anybody_hears_that_it_is_over() {
        mounts.add(new Mount("a/b", "1", 3, "c1"));
        turn();
        assertThat(happened).containsExactly("place a/b", "call", "take after span.model_request_start");
        assertThat(world.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void only_what_has_changed_is_put_in_or_taken_away() {
        mounts.add(new Mount("a", "1", 3, "c1"));
        mounts.add(new Mount("b", "2", 3, "c2"));
        turn();
        happened.clear();
        mounts.clear();
        mounts.add(new Mount("b", "2", 3, "c2"));
        mounts.add(new Mount("a/b", "3", 3, "c3"));
        turn();
        assertThat(happened).containsExactly("remove a", "place a/b", "call", "take after span.model_request_start");
    }

    @Test
    void a_turn_without_calls_touches_no_hand() {
        mounts.add(new Mount("a", "1", 3, "c1"));
        world.says("hi");
        assertThat(wake()).isEqualTo(Woken.SETTLED);
        assertThat(happened).isEmpty();
    }

    @Test
    void a_file_that_cannot_be_put_in_is_an_answer_that_the_model_can_read() {
        mounts.add(new Mount("a", "1", 3, "gone"));
        turn();
        assertThat(happened).doesNotContain("call");
        assertThat(world.event("agent.tool_result").toString())
                .contains("could not be put into the sandbox: the content is gone")
                .contains("\"is_error\":true");
        assertThat(world.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void a_hand_that_takes_no_files_says_so_only_if_there_are_some() {
        world.files = null;
        turn();
        assertThat(happened).containsExactly("call");
        mounts.add(new Mount("a", "1", 3, "c1"));
        turn();
        assertThat(world.event("agent.tool_result").toString()).contains("takes none");
    }

    @Test
    void outputs_that_cannot_be_kept_do_not_hold_up_the_turn() {
        trouble = new IOException("no");
        turn();
        assertThat(world.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void outputs_are_kept_before_a_client_is_asked() {
        World asking = new World("[{'type':'agent_toolset_20260401'},{'type':'custom','name':'lookup',"
                + "'description':'d','input_schema':{'type':'object'}}]");
        List<String> seen = new ArrayList<>();
        asking.files = new Room();
        asking.shelf = new Shelf() {
            @Override
            public List<Mount> mounts(ThreadId thread) {
                return List.of();
            }

            @Override
            public Contents.Content open(Mount mount) {
                throw new AssertionError();
            }

            @Override
            public void take(ThreadId thread, HandFiles files) {
                seen.addAll(asking.eventTypes());
            }

            @Override
            public void forget(ThreadId thread) {}
        };
        asking.says("go");
        asking.replies.add(calls("bash", "lookup"));
        assertThat(asking.harness().wake(asking.thread, "owner", Instant.MAX)).isEqualTo(Woken.SETTLED);
        assertThat(seen).isNotEmpty().doesNotContain("session.status_idle");
        assertThat(asking.eventTypes()).endsWith("session.status_idle");
    }

    @Test
    void a_harness_that_takes_over_in_the_midst_of_a_turn_keeps_what_the_other_one_did_not() {
        world.says("go");
        world.replies.add(calls("bash"));
        world.replies.add((prompt, cancellation) -> {
            throw new Error("the machine is gone");
        });
        assertThatThrownBy(this::wake).isInstanceOf(Error.class);
        assertThat(happened).containsExactly("call");
        world.replies.add(text("done"));
        assertThat(wake()).isEqualTo(Woken.SETTLED);
        assertThat(happened).hasSize(2).last().asString().startsWith("take after");
    }

    @Test
    void a_hand_that_died_is_started_again_for_its_outputs_only_where_it_still_has_them() throws IOException {
        for (boolean keeps : new boolean[] {true, false}) {
            List<HandId> started = new ArrayList<>();
            HandProvider provider = new HandProvider() {
                @Override
                public Provided provide(HandId id, Tenure tenure, Cancellation cancellation) {
                    started.add(id);
                    return new Provided.Unavailable("not today");
                }

                @Override
                public Optional<Hand> find(HandId id) {
                    return Optional.empty();
                }

                @Override
                public void discard(HandId id) {}

                @Override
                public boolean keepsFiles() {
                    return keeps;
                }
            };
            new Hands(provider, world.pace, new Books())
                    .reach(WorkspaceId.DEFAULT, world.session, world.thread, 1)
                    .collect(true);
            assertThat(started).hasSize(keeps ? 1 : 0);
        }
    }
}
