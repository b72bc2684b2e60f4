package io.dormouse.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelsTest {
    private final Caller caller = new Caller();

    private static List<String> ids(Caller.Reply reply) {
        List<String> ids = new ArrayList<>();
        reply.body().path("data").forEach(model -> ids.add(model.path("id").asText()));
        return ids;
    }

    @Test
    void one_body_serves_both_types_of_the_official_clients() {
        JsonNode model =
                caller.ok(caller.get("/v1/models/claude-sonnet-5?beta=true")).body();
        List<String> fields = new ArrayList<>();
        model.fieldNames().forEachRemaining(fields::add);
        assertThat(fields)
                .containsExactlyInAnyOrder(
                        "type",
                        "id",
                        "display_name",
                        "created_at",
                        "lifecycle",
                        "line",
                        "max_input_tokens",
                        "max_tokens",
                        "capabilities",
                        "deprecated_at",
                        "retires_at",
                        "allowed_fallback_models");
        assertThat(model.path("type").asText()).isEqualTo("model");
        assertThat(model.path("line").asText()).isEqualTo("sonnet");
        assertThat(caller.get("/v1/models/gpt").status()).isEqualTo(404);
    }

    @Test
    void the_list_pages_by_id_in_both_directions() {
        List<String> all = ids(caller.ok(caller.get("/v1/models?limit=1000")));
        assertThat(all).hasSizeGreaterThan(15).doesNotHaveDuplicates();
        List<String> forward = new ArrayList<>();
        Caller.Reply page = caller.get("/v1/models?limit=4");
        while (true) {
            forward.addAll(ids(page));
            if (!page.at("/has_more").asBoolean()) break;
            page = caller.get("/v1/models?limit=4&after_id=" + page.text("last_id"));
        }
        assertThat(forward).isEqualTo(all);
        List<List<String>> backward = new ArrayList<>();
        page = caller.get("/v1/models?limit=4&before_id=" + all.getLast());
        while (true) {
            backward.add(ids(page));
            if (!page.at("/has_more").asBoolean()) break;
            page = caller.get("/v1/models?limit=4&before_id=" + page.text("first_id"));
        }
        Collections.reverse(backward);
        assertThat(backward.stream().flatMap(List::stream).toList()).isEqualTo(all.subList(0, all.size() - 1));
        assertThat(caller.get("/v1/models?after_id=" + all.getLast())
                        .at("/first_id")
                        .isNull())
                .isTrue();
        assertThat(caller.get("/v1/models?after_id=none").status()).isEqualTo(400);
        assertThat(caller.get("/v1/models?limit=1001").status()).isEqualTo(400);
        assertThat(caller.get("/v1/models?after_id=" + all.getLast() + "&before_id=" + all.getFirst())
                        .status())
                .isEqualTo(200);
    }

    @Test
    void every_model_in_the_file_is_complete_and_priced_consistently() throws Exception {
        JsonNode file;
        try (InputStream in = Models.class.getResourceAsStream("/io/dormouse/prompt/models.json")) {
            file = Json.MAPPER.readTree(in);
        }
        assertThat(file.path("default_prices").isNull()).isTrue();
        assertThat(file.path("web_search_usd_per_1000").asInt()).isEqualTo(10);
        Instant newest = Instant.MAX;
        for (JsonNode model : file.path("models")) {
            String id = model.path("id").asText();
            Instant created = Instant.parse(model.path("created_at").asText());
            assertThat(created).as(id).isBeforeOrEqualTo(newest);
            newest = created;
            assertThat(model.path("line").asText()).as(id).isIn("haiku", "sonnet", "opus", "fable", "mythos");
            assertThat(model.path("lifecycle").asText()).as(id).isIn("active", "deprecated", "retired");
            assertThat(model.path("system_messages").isBoolean()).as(id).isTrue();
            assertThat(model.path("max_tokens").asInt()).as(id).isPositive();
            JsonNode prices = model.path("prices");
            double input = prices.path("input").asDouble();
            // The published multiples, which catch a slip of the pen.
            assertThat(prices.path("output").asDouble()).as(id).isEqualTo(input * 5);
            assertThat(prices.path("cache_write_5m").asDouble()).as(id).isEqualTo(input * 1.25);
            assertThat(prices.path("cache_write_1h").asDouble()).as(id).isEqualTo(input * 2);
            assertThat(prices.path("cache_read").asDouble()).as(id).isPositive().isLessThanOrEqualTo(input * 0.1001);
        }
    }
}
