package io.dormouse.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.json.Json;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private static final Route.Handler NOTHING = call -> Answer.ok(Json.object());
    private static final RouteTable TABLE = new RouteTable(List.of(
            Route.get("/v1/agents", NOTHING),
            Route.post("/v1/agents", NOTHING),
            Route.get("/v1/agents/{id}", NOTHING),
            Route.post("/v1/agents/{id}/archive", NOTHING),
            Route.get("/v1/environments/{id}/work/poll", NOTHING),
            Route.post("/v1/environments/{id}/work/{work}/ack", NOTHING)));

    private static String found(String method, String path) {
        return switch (TABLE.find(method, path)) {
            case RouteTable.Match.Found found -> found.route().template() + " " + found.parameters();
            case RouteTable.Match.WrongMethod wrong -> "allow " + wrong.allowed();
            case RouteTable.Match.NoSuchPath none -> "none";
        };
    }

    @Test
    void paths_find_their_routes() {
        Map<String, String> table = Map.ofEntries(
                Map.entry("/v1/agents", "/v1/agents {}"),
                Map.entry("/v1/agents/", "/v1/agents {}"),
                Map.entry("/v1/agents/a1", "/v1/agents/{id} {id=a1}"),
                Map.entry("/v1/agents/a1/", "/v1/agents/{id} {id=a1}"),
                Map.entry("/v1/agents/a%2Fb", "/v1/agents/{id} {id=a/b}"),
                Map.entry("/v1/agents/a+b", "/v1/agents/{id} {id=a+b}"),
                Map.entry("/v1/agents/%zz", "none"),
                Map.entry("/v1/agents/%4", "none"),
                Map.entry("/v1/agents//", "none"),
                Map.entry("/v1//agents", "none"),
                Map.entry("/v1/agents/a1/archive", "allow POST"),
                Map.entry("/v1/agents/a1/nothing", "none"),
                Map.entry("/v1/environments/e/work/poll", "/v1/environments/{id}/work/poll {id=e}"),
                Map.entry("/v1/environments/e/work/poll/ack", "none"),
                Map.entry("/v1", "none"),
                Map.entry("/", "none"),
                Map.entry("", "none"),
                Map.entry("*", "none"));
        table.forEach(
                (path, expected) -> assertThat(found("GET", path)).as(path).isEqualTo(expected));
    }

    @Test
    void a_known_path_with_another_method_says_which_it_has() {
        assertThat(found("PATCH", "/v1/agents")).isEqualTo("allow GET, POST");
    }

    @Test
    void a_path_of_absurd_length_is_no_path() {
        assertThat(found("GET", "/v1/agents/" + "a/".repeat(1_000_000))).isEqualTo("none");
        assertThat(found("GET", "/" + "/".repeat(2000))).isEqualTo("none");
    }

    @Test
    void two_routes_for_one_path_are_a_mistake() {
        assertThatThrownBy(() -> new RouteTable(List.of(Route.get("/a/{x}", NOTHING), Route.get("/a/{x}", NOTHING))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RouteTable(List.of(Route.get("/a/{x}", NOTHING), Route.post("/a/{y}", NOTHING))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
