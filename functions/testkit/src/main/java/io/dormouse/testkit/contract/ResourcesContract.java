package io.dormouse.testkit.contract;

import static io.dormouse.testkit.contract.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.id.WorkspaceId;
import io.dormouse.resource.Resource;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Resources.Place;
import io.dormouse.resource.Resources.Query;
import io.dormouse.resource.Resources.Saved;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link Resources} must keep to. */
public abstract class ResourcesContract {
    private static final WorkspaceId HERE = new WorkspaceId("here");
    private static final WorkspaceId THERE = new WorkspaceId("there");
    private static final Query ALL = new Query("", true, null, null, null, true, 100);

    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private Resources resources;

    /** A store without documents. Called once before each test. @param clock tells what has expired */
    protected abstract Resources emptyResources(InstantSource clock) throws Exception;

    @BeforeEach
    final void open() throws Exception {
        resources = emptyResources(now::get);
    }

    @Test
    void a_document_is_read_as_it_was_created() {
        Resource agent = document("a", 0, "{'name':'grüße 漢字 🐿️','n':[1,2.50,null,{}]}");
        assertThat(resources.create(agent)).isEqualTo(new Saved.Done(agent));
        assertThat(resources.read(HERE, "agent", "a")).contains(agent);
        assertThat(resources.read(HERE, "agent", "b")).isEmpty();
        assertThat(resources.read(HERE, "vault", "a")).isEmpty();
    }

    @Test
    void an_id_is_taken_once() {
        Resource first = created("a", 0);
        assertThat(resources.create(document("a", 5, "{'second':true}"))).isEqualTo(new Saved.Taken(first));
        assertThat(resources.read(HERE, "agent", "a")).contains(first);
    }

    @Test
    void of_sixteen_creators_one_wins_and_the_others_are_told_of_it() throws Exception {
        List<Resource> all =
                IntStream.range(0, 16).mapToObj(i -> document("a", i, "{}")).toList();
        List<Saved> outcomes = Together.all(16, i -> resources.create(all.get(i)));
        Resource winner = resources.read(HERE, "agent", "a").orElseThrow();
        for (int i = 0; i < 16; i++)
            assertThat(outcomes.get(i))
                    .isEqualTo(all.get(i).equals(winner) ? new Saved.Done(winner) : new Saved.Taken(winner));
    }

    @Test
    void a_swap_from_the_stored_version_is_stored() {
        Resource first = created("a", 0);
        Resource second = first.with(Samples.json("{'x':2}"), NOW.plusMillis(7));
        assertThat(resources.swap(first, second)).isEqualTo(new Saved.Done(second));
        assertThat(resources.read(HERE, "agent", "a")).contains(second);
        assertThat(resources.list(HERE, "agent", ALL)).containsExactly(second);
    }

    @Test
    void a_swap_from_a_stale_version_changes_nothing_and_tells_what_is_stored() {
        Resource first = created("a", 0);
        Resource second = first.archived(NOW.plusMillis(7));
        resources.swap(first, second);
        assertThat(resources.swap(first, first.with(Samples.json("{}"), NOW))).isEqualTo(new Saved.Taken(second));
        assertThat(resources.read(HERE, "agent", "a")).contains(second);
    }

    @Test
    void a_swap_of_what_is_not_there_is_told() {
        Resource never = document("a", 0, "{}");
        assertThat(resources.swap(never, never.archived(NOW))).isEqualTo(new Saved.Gone());
        assertThat(resources.read(HERE, "agent", "a")).isEmpty();
    }

    @Test
    void a_swap_over_two_documents_is_a_fault_of_the_caller() {
        Resource a = created("a", 0);
        Resource b = created("b", 0);
        assertThatThrownBy(() -> resources.swap(a, b.archived(NOW))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void racing_swaps_lose_none() throws Exception {
        Resource first = created("a", 0);
        Together.all(16, i -> {
            Resource seen = first;
            for (int swaps = 0; swaps < 5; ) {
                Resource after = seen.with(Samples.json("{'by':" + i + "}"), NOW);
                switch (resources.swap(seen, after)) {
                    case Saved.Done done -> {
                        swaps++;
                        seen = done.resource();
                    }
                    case Saved.Taken taken -> seen = taken.current();
                    case Saved.Gone gone -> throw new AssertionError("nobody deleted it");
                }
            }
            return seen;
        });
        assertThat(resources.read(HERE, "agent", "a").orElseThrow().version()).isEqualTo(81);
    }

    @Test
    void a_deleted_document_is_gone_and_its_id_is_free() {
        Resource first = created("a", 0);
        assertThat(resources.delete(HERE, "agent", "a")).isTrue();
        assertThat(resources.delete(HERE, "agent", "a")).isFalse();
        assertThat(resources.read(HERE, "agent", "a")).isEmpty();
        assertThat(resources.list(HERE, "agent", ALL)).isEmpty();
        assertThat(resources.swap(first, first.archived(NOW))).isEqualTo(new Saved.Gone());
        created("a", 9);
    }

    // ---- lists

    @Test
    void documents_are_listed_by_creation_time_then_id_in_both_directions() {
        created("b", 1);
        created("c", 0);
        created("d", 2);
        created("a", 1);
        assertThat(ids(ALL)).containsExactly("c", "a", "b", "d");
        assertThat(ids(new Query("", false, null, null, null, true, 100))).containsExactly("d", "b", "a", "c");
    }

    @Test
    void pages_meet_without_gap_or_overlap_in_both_directions() {
        for (int i = 0; i < 23; i++) created("id" + (char) ('a' + i * 7 % 23), i / 5);
        for (boolean ascending : new boolean[] {true, false}) {
            List<String> whole = ids(new Query("", ascending, null, null, null, true, 100));
            List<String> paged = new ArrayList<>();
            Place after = null;
            while (true) {
                List<Resource> page =
                        resources.list(HERE, "agent", new Query("", ascending, after, null, null, true, 4));
                if (page.isEmpty()) break;
                assertThat(page.size()).isLessThanOrEqualTo(4);
                page.forEach(found -> paged.add(found.id()));
                after = new Place(page.getLast().createdAt(), page.getLast().id());
            }
            assertThat(paged).hasSize(23).isEqualTo(whole);
        }
    }

    @Test
    void a_place_whose_document_is_gone_still_marks_the_page() {
        created("a", 0);
        created("c", 0);
        Place gone = new Place(NOW, "b");
        assertThat(ids(new Query("", true, gone, null, null, true, 100))).containsExactly("c");
        assertThat(ids(new Query("", false, gone, null, null, true, 100))).containsExactly("a");
    }

    @Test
    void only_ids_with_the_prefix_are_listed() {
        created("x#v1", 3);
        created("x#v2", 1);
        created("x", 0);
        created("x$", 0);
        created("y#v1", 0);
        assertThat(ids(new Query("x#", true, null, null, null, true, 100))).containsExactly("x#v2", "x#v1");
        assertThat(ids(new Query("x#", false, new Place(NOW.plusMillis(3), "x#v1"), null, null, true, 1)))
                .containsExactly("x#v2");
        assertThat(ids(new Query("x%", true, null, null, null, true, 100))).isEmpty();
    }

    @Test
    void archived_documents_are_listed_only_on_demand() {
        Resource a = created("a", 0);
        created("b", 1);
        resources.swap(a, a.archived(NOW));
        assertThat(ids(new Query("", true, null, null, null, false, 100))).containsExactly("b");
        assertThat(ids(ALL)).containsExactly("a", "b");
        assertThat(resources.read(HERE, "agent", "a")).isPresent();
    }

    @Test
    void a_range_of_creation_times_includes_both_ends() {
        for (int i = 0; i < 5; i++) created("id" + i, i);
        assertThat(ids(new Query("", true, null, NOW.plusMillis(1), NOW.plusMillis(3), true, 100)))
                .containsExactly("id1", "id2", "id3");
        assertThat(ids(new Query("", false, null, NOW.plusMillis(3), null, true, 100)))
                .containsExactly("id4", "id3");
        assertThat(ids(new Query("", true, null, null, NOW.plusMillis(1), true, 100)))
                .containsExactly("id0", "id1");
        assertThat(ids(new Query("", true, new Place(NOW.plusMillis(2), "id2"), NOW, NOW.plusMillis(3), true, 100)))
                .containsExactly("id3");
        assertThat(ids(new Query("", true, null, Instant.MIN, Instant.MAX, true, 100)))
                .hasSize(5);
    }

    @Test
    void a_page_is_full_although_most_documents_are_filtered_out() {
        for (int i = 0; i < 60; i++) {
            Resource found = created("id%02d".formatted(i), i);
            if (i % 20 != 19) resources.swap(found, found.archived(NOW));
        }
        assertThat(ids(new Query("", true, null, null, null, false, 2))).containsExactly("id19", "id39");
    }

    // ---- expiry

    @Test
    void an_expired_document_is_absent_everywhere() {
        Resource expiring = document("a", 0, "{}").expiring(NOW.plusMillis(100));
        resources.create(expiring);
        now.set(NOW.plusMillis(99));
        assertThat(resources.read(HERE, "agent", "a")).contains(expiring);
        assertThat(ids(ALL)).containsExactly("a");

        now.set(NOW.plusMillis(100));
        assertThat(resources.read(HERE, "agent", "a")).isEmpty();
        assertThat(ids(ALL)).isEmpty();
        assertThat(ids(new Query("a", true, null, null, null, true, 100))).isEmpty();
        assertThat(resources.swap(expiring, expiring.archived(NOW))).isEqualTo(new Saved.Gone());
        assertThat(resources.delete(HERE, "agent", "a")).isFalse();
    }

    @Test
    void the_id_of_an_expired_document_can_be_created_again() {
        resources.create(document("a", 0, "{}").expiring(NOW.plusMillis(100)));
        now.set(NOW.plusMillis(100));
        Resource again = created("a", 100);
        now.set(NOW.plusSeconds(3600));
        assertThat(resources.read(HERE, "agent", "a")).contains(again);
        assertThat(resources.list(HERE, "agent", ALL)).containsExactly(again);
    }

    @Test
    void a_swap_can_extend_a_life_and_end_one() {
        Resource first = document("a", 0, "{}").expiring(NOW.plusMillis(100));
        resources.create(first);
        Resource longer = first.with(first.body(), NOW).expiring(NOW.plusMillis(200));
        resources.swap(first, longer);
        now.set(NOW.plusMillis(150));
        assertThat(resources.read(HERE, "agent", "a")).contains(longer);
        resources.swap(longer, longer.with(first.body(), NOW).expiring(NOW.plusMillis(150)));
        assertThat(resources.read(HERE, "agent", "a")).isEmpty();
    }

    // ---- the wall between tenants

    @Test
    void two_workspaces_never_see_each_other() {
        Resource here = created("a", 0);
        assertThat(resources.read(THERE, "agent", "a")).isEmpty();
        assertThat(resources.list(THERE, "agent", ALL)).isEmpty();
        assertThat(resources.delete(THERE, "agent", "a")).isFalse();

        Resource there = Resource.of(THERE, "agent", "a", NOW, Samples.json("{'there':true}"));
        assertThat(resources.swap(there, there.archived(NOW))).isEqualTo(new Saved.Gone());
        assertThat(resources.create(there)).isEqualTo(new Saved.Done(there));
        assertThat(resources.read(HERE, "agent", "a")).contains(here);
        assertThat(resources.list(HERE, "agent", ALL)).containsExactly(here);
        assertThat(resources.delete(THERE, "agent", "a")).isTrue();
        assertThat(resources.read(HERE, "agent", "a")).contains(here);
    }

    private static Resource document(String id, int millis, String body) {
        return Resource.of(HERE, "agent", id, NOW.plusMillis(millis), Samples.json(body));
    }

    private Resource created(String id, int millis) {
        Resource resource = document(id, millis, "{}");
        assertThat(resources.create(resource)).isEqualTo(new Saved.Done(resource));
        return resource;
    }

    private List<String> ids(Query query) {
        return resources.list(HERE, "agent", query).stream().map(Resource::id).toList();
    }
}
