package io.dormouse.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.Given;
import io.dormouse.agents.AgentSpec;
import io.dormouse.json.Json;
import io.dormouse.session.Fact;
import io.dormouse.session.Tariff;
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

    private static AgentSpec agent(String model) {
        return new AgentSpec(
                Json.parse("{\"model\":{\"id\":\"" + model + "\"},\"tools\":[{\"type\":\"agent_toolset_20260401\"}]}"));
    }

    @Test
    void a_tariff_has_the_dearest_of_what_a_prompt_may_cost() {
        Tariff big = CATALOG.tariff(agent("big"));
        assertThat(big.usual()).isEqualTo(new Tariff.Rates(10_000, 25_000));
        assertThat(big.longPrompt()).isEqualTo(new Tariff.Rates(50_000, 25_000));
        assertThat(big.longOver()).isEqualTo(2_000_000);
        assertThat(big.replyTokens()).isEqualTo(32_000);
        assertThat(big.searches()).isZero();
        // Nobody may be sent more than the model takes, whatever window a catalog is narrowed to.
        assertThat(CATALOG.narrowed(1_000).tariff(agent("big")).window()).isEqualTo(big.window());
        Tariff searching = CATALOG.searching(true).tariff(agent("big"));
        assertThat(searching.searches()).isEqualTo(5);
        assertThat(searching.searchNanoUsd()).isEqualTo(10_000_000);
        assertThat(CATALOG.searching(true)
                        .tariff(new AgentSpec(Json.parse("{\"model\":{\"id\":\"big\"}}")))
                        .searches())
                .isZero();
    }

    @Test
    void instructions_and_tools_have_no_more_tokens_than_bytes() {
        AgentSpec agent = agent("big");
        assertThat(CATALOG.tariff(agent).fixedTokens())
                .isGreaterThanOrEqualTo(Json.bytes(agent.definitions()).length)
                .isLessThan(3L * Json.bytes(agent.definitions()).length);
    }

    @Test
    void a_model_without_a_price_has_no_tariff_and_neither_has_one_that_is_to_be_fast() {
        assertThat(CATALOG.tariff(agent("free"))).isNull();
        assertThat(CATALOG.tariff(agent("unheard of"))).isNull();
        AgentSpec fast = new AgentSpec(Json.parse("{\"model\":{\"id\":\"big\",\"speed\":\"fast\"}}"));
        assertThat(CATALOG.knowsPrice(fast)).isFalse();
        assertThat(CATALOG.tariff(fast)).isNull();
        assertThat(CATALOG.knowsPrice(agent("big"))).isTrue();
    }

    @Test
    void default_prices_are_those_of_models_that_nobody_described() {
        Catalog catalog = new Catalog(
                Json.parse("{\"default_prices\":{\"input\":1,\"output\":5},\"models\":[{\"id\":\"free\"}]}"));
        assertThat(catalog.priced("unheard of", new Usage(1, 1, 0, 0, 0, 0, 0)).listNanoUsd())
                .isEqualTo(6_000);
        assertThat(catalog.tariff(agent("unheard of")).usual()).isEqualTo(new Tariff.Rates(1_000, 5_000));
        assertThat(catalog.tariff(agent("free"))).isNull();
    }

    @Test
    void a_request_whose_end_nobody_saw_counts_with_the_longest_reply_it_was_let() {
        Usage told = new Usage(1_000, 1, 2_000, 0, 0, 0, 0);
        long prompt = 1_000 * 5_000 + 2_000 * 500;
        AgentSpec agent = agent("big");
        Fact.Reserved usual = new Fact.Reserved(Given.ASKED, 2_000_000_000, 0, "n", 0);
        Fact.Reserved shorter = new Fact.Reserved(Given.ASKED, 200_000_000, 2_000, "n", 0);
        assertThat(CATALOG.atMost(agent, told, usual)).isEqualTo(told.priced(prompt + 32_000L * 25_000));
        assertThat(CATALOG.atMost(agent, told, shorter)).isEqualTo(told.priced(prompt + 2_000L * 25_000));
        // Where nothing was told of the prompt, or there may be more of it, it is all that was set aside.
        assertThat(CATALOG.atMost(agent, Usage.NONE, shorter)).isEqualTo(Usage.NONE.priced(200_000_000));
        assertThat(CATALOG.searching(true).atMost(agent, told, shorter)).isEqualTo(told.priced(200_000_000));
    }

    @Test
    void every_bundled_model_has_a_tariff() {
        Catalog bundled = Catalog.bundled();
        for (String id : bundled.ids()) {
            Tariff tariff = bundled.tariff(agent(id));
            assertThat(tariff.usual().prompt()).as(id).isPositive();
            assertThat(tariff.longPrompt().prompt())
                    .as(id)
                    .isGreaterThanOrEqualTo(tariff.usual().prompt());
            assertThat(tariff.longPrompt().reply())
                    .as(id)
                    .isGreaterThanOrEqualTo(tariff.usual().reply());
        }
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
