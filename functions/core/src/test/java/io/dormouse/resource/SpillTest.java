package io.dormouse.resource;

import static io.dormouse.Given.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SpillTest {
    private final Map<String, byte[]> kept = new HashMap<>();
    private final Spill spill = new Spill(new Blobs() {
        @Override
        public String put(byte[] content) {
            String name = "sha-" + content.length;
            kept.put(name, content);
            return name;
        }

        @Override
        public Optional<byte[]> get(String sha256) {
            return Optional.ofNullable(kept.get(sha256));
        }
    });

    private static JsonNode ofBytes(int bytes) {
        JsonNode empty = text("");
        return text("x".repeat(bytes - Json.bytes(empty).length));
    }

    @Test
    void small_content_stays() {
        JsonNode content = ofBytes(Spill.LIMIT_BYTES);
        assertThat(spill.spill(content)).isSameAs(content);
        assertThat(spill.fill(content)).isSameAs(content);
        assertThat(kept).isEmpty();
    }

    @Test
    void large_content_leaves_a_reference_and_comes_back() {
        JsonNode content = ofBytes(Spill.LIMIT_BYTES + 1);
        JsonNode reference = spill.spill(content);
        int bytes = Spill.LIMIT_BYTES + 1;
        assertThat(reference.toString()).isEqualTo("{\"$blob\":\"sha-" + bytes + "\",\"bytes\":" + bytes + "}");
        assertThat(spill.fill(reference)).isEqualTo(content);
        assertThat(spill.spill(reference)).isSameAs(reference);
    }

    @Test
    void the_limit_is_of_bytes_and_not_of_letters() {
        assertThat(spill.spill(text("\u20ac".repeat(Spill.LIMIT_BYTES / 2))).has("$blob"))
                .isTrue();
    }

    @Test
    void content_that_only_looks_like_a_reference_stays() {
        JsonNode forged = Json.array().add(Json.object().put("$blob", "sha-1"));
        assertThat(spill.fill(forged)).isSameAs(forged);
        assertThat(spill.fill(Json.object())).isEqualTo(Json.object());
        assertThat(spill.fill(null)).isNull();
    }

    @Test
    void content_that_the_store_lost_is_broken_machinery() {
        assertThatThrownBy(() -> spill.fill(Json.object().put("$blob", "sha-1")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("sha-1");
    }

    @Test
    void a_reference_to_a_document_that_nobody_has_read_says_so() {
        String document =
                "[{\"type\":\"document\",\"source\":{\"type\":\"%s\",\"data\":\"" + "A".repeat(50_000) + "\"}}]";
        assertThat(spill.spill(Json.parse(document.formatted("base64")))
                        .path("unread")
                        .asBoolean())
                .isTrue();
        assertThat(spill.spill(Json.parse(document.formatted("text"))).has("unread"))
                .isFalse();
    }

    @Test
    void a_reference_to_a_picture_says_how_few_tokens_it_takes() {
        JsonNode picture = Json.parse("[{\"type\":\"image\",\"source\":{\"data\":\"" + "A".repeat(50_000) + "\"}}]");
        assertThat(spill.spill(picture).path("tokens").asInt()).isBetween(1_000, 3_000);
    }
}
