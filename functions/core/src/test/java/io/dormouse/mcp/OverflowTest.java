package io.dormouse.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import io.dormouse.json.Json;
import io.dormouse.session.Tokens;
import org.junit.jupiter.api.Test;

class OverflowTest {
    private static ArrayNode texts(String... texts) {
        ArrayNode content = Json.array();
        for (String text : texts) content.addObject().put("type", "text").put("text", text);
        return content;
    }

    @Test
    void what_fits_stays_as_it_is() {
        ArrayNode almost = texts("x".repeat((int) Overflow.MAX_TOKENS * 3 - 60));
        assertThat(Tokens.of(almost)).isBetween(Overflow.MAX_TOKENS - 20, Overflow.MAX_TOKENS);
        assertThat(Overflow.of("sevt_1", almost)).isNull();
        assertThat(Overflow.of("sevt_1", Json.array())).isNull();
    }

    @Test
    void what_does_not_goes_to_a_file_and_leaves_its_beginning_and_its_end() {
        Overflow overflow = Overflow.of("sevt_1", texts("first", "x".repeat(400_000), "the last words"));
        assertThat(overflow.input().path("file_path").asText()).isEqualTo("mcp_results/sevt_1.txt");
        assertThat(overflow.input().path("content").asText())
                .startsWith("first\nxxx")
                .endsWith("xxx\nthe last words")
                .hasSize(400_021);
        String told = overflow.preview(null).path(0).path("text").asText();
        assertThat(told)
                .startsWith("This result is too long to be shown: 400021 characters. All of it is in the file"
                        + " /workspace/mcp_results/sevt_1.txt of the sandbox. It begins:\n\nfirst\nxxx")
                .contains("[392021 characters left out]")
                .endsWith("the last words")
                .hasSizeLessThan(9_000);
        assertThat(overflow.preview("no room").path(0).path("text").asText())
                .contains("could not be written to the sandbox (no room)");
    }

    @Test
    void a_preview_does_not_cut_a_character() {
        Overflow overflow = Overflow.of("sevt_1", texts("a" + "\ud83d\ude00".repeat(100_000)));
        String told = overflow.preview(null).path(0).path("text").asText();
        assertThat(new String(
                        told.getBytes(java.nio.charset.StandardCharsets.UTF_8),
                        java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo(told);
    }

    @Test
    void pictures_stay_while_there_is_room() {
        ArrayNode content = texts("x".repeat(400_000));
        for (int i = 0; i < 100; i++) content.addObject().put("type", "image").put("n", i);
        ArrayNode preview = Overflow.of("sevt_1", content).preview(null);
        assertThat(preview.size()).isBetween(10, 30);
        assertThat(Tokens.of(preview)).isLessThan(Overflow.MAX_TOKENS);
    }
}
