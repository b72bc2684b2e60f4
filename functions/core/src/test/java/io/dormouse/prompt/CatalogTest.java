package io.dormouse.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.json.Json;
import io.dormouse.session.Usage;
import org.junit.jupiter.api.Test;

class CatalogTest {
    private static final Catalog CATALOG = new Catalog(Json.parse("""
            {"web_search_usd_per_1000":10,"models":[{"id":"big","max_tokens":64000,"system_messages":true,
              "prices":{"input":5,"output":25,"cache_read":0.5,"cache_write_5m":6.25,"cache_write_1h":10},
              "long_prompt":{"over_tokens":2000000,"prices":{"input":50}}},
             {"id":"small","max_tokens":4096,"prices":{"input":0.25,"output":1.25}},
             {"id":"free"}]}
            """));

    @Test
    void a_reply_may_be_as_long_as_the_model_allows_and_no_runaway() {
        assertThat(CATALOG.replyTokens("big")).isEqualTo(32_000);
        assertThat(CATALOG.replyTokens("small")).isEqualTo(4_096);
        assertThat(CATALOG.replyTokens("free")).isEqualTo(16_384);
        assertThat(CATALOG.replyTokens("unheard of")).isEqualTo(16_384);
    }

    @Test
    void a_price_is_exact_to_the_billionth_of_a_dollar() {
        Usage usage = new Usage(1, 1, 1, 1, 1, 1, 0);
        assertThat(CATALOG.priced("big", usage))
                .isEqualTo(usage.priced(5_000 + 25_000 + 500 + 6_250 + 10_000 + 10_000_000));
        Usage million = new Usage(1_000_000, 0, 0, 0, 0, 0, 0);
        assertThat(CATALOG.priced("big", million).listNanoUsd()).isEqualTo(5_000_000_000L);
        assertThat(CATALOG.priced("small", new Usage(4, 4, 4, 4, 4, 4, 0)).listNanoUsd())
                .isEqualTo(6_000 + 4 * 10_000_000);
        assertThat(CATALOG.priced("big", new Usage(2_000_001, 0, 0, 0, 0, 0, 0)).listNanoUsd())
                .isEqualTo(2_000_001L * 50_000);
    }

    @Test
    void a_model_without_a_price_leaves_the_usage_without_one() {
        Usage usage = new Usage(1, 1, 1, 1, 1, 1, 0);
        assertThat(CATALOG.priced("free", usage)).isEqualTo(usage);
        assertThat(CATALOG.priced("unheard of", usage)).isEqualTo(usage);
    }

    @Test
    void a_price_finer_than_a_billionth_is_a_mistake_in_the_file() {
        assertThatThrownBy(
                        () -> new Catalog(Json.parse("{\"models\":[{\"id\":\"x\",\"prices\":{\"input\":0.00001}}]}")))
                .isInstanceOf(ArithmeticException.class);
    }

    @Test
    void a_model_that_nobody_described_is_let_try_system_messages() {
        assertThat(CATALOG.takesSystemMessages("big")).isTrue();
        assertThat(CATALOG.takesSystemMessages("small")).isFalse();
        assertThat(CATALOG.takesSystemMessages("unheard of")).isTrue();
    }

    @Test
    void models_are_listed_as_the_file_has_them() {
        assertThat(CATALOG.ids()).containsExactly("big", "small", "free");
        assertThat(CATALOG.model("small").path("max_tokens").asInt()).isEqualTo(4_096);
        assertThat(CATALOG.model("unheard of")).isNull();
    }

    @Test
    void a_prompt_may_take_four_fifths_of_what_a_reply_leaves() {
        assertThat(CATALOG.window("unheard of")).isEqualTo(200_000);
        assertThat(CATALOG.contextLimit("unheard of")).isEqualTo((200_000 - 16_384) * 80 / 100);
        Catalog bundled = Catalog.bundled();
        assertThat(bundled.window("claude-haiku-4-5")).isEqualTo(200_000);
        assertThat(bundled.contextLimit("claude-haiku-4-5")).isEqualTo((200_000 - 32_000) * 80 / 100);
    }

    @Test
    void a_narrowed_catalog_widens_nothing_and_leaves_a_reply_a_quarter() {
        Catalog narrow = Catalog.bundled().narrowed(8_000);
        assertThat(narrow.window("claude-haiku-4-5")).isEqualTo(8_000);
        assertThat(narrow.replyTokens("claude-haiku-4-5")).isEqualTo(2_000);
        assertThat(narrow.contextLimit("claude-haiku-4-5")).isEqualTo(4_800);
        assertThat(Catalog.bundled().narrowed(5_000_000).window("claude-haiku-4-5"))
                .isEqualTo(200_000);
    }
}
