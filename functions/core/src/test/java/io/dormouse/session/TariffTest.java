package io.dormouse.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.session.Tariff.Offer;
import io.dormouse.session.Tariff.Rates;
import org.junit.jupiter.api.Test;

class TariffTest {
    private static final Rates USUAL = new Rates(10, 50);
    private static final Rates LONG = new Rates(20, 75);
    private static final Tariff TARIFF = new Tariff(USUAL, LONG, 100_000, 200_000, 8_000, 0, 0, 0);

    private static long cost(long prompt, long reply, Rates rates) {
        return (prompt + Tariff.SLACK_TOKENS) * rates.prompt() + reply * rates.reply();
    }

    @Test
    void a_whole_reply_is_offered_where_it_fits_exactly_and_a_shorter_one_below() {
        long whole = cost(1_000, 8_000, USUAL);
        assertThat(TARIFF.offer(whole, 1_000, false)).contains(new Offer(whole, 0));
        assertThat(TARIFF.offer(whole - 1, 1_000, false)).contains(new Offer(cost(1_000, 7_999, USUAL), 7_999));
    }

    @Test
    void the_shortest_reply_is_offered_where_it_fits_exactly_and_nothing_below() {
        long least = cost(1_000, 1_024, USUAL);
        assertThat(TARIFF.offer(least, 1_000, false)).contains(new Offer(least, 1_024));
        assertThat(TARIFF.offer(least - 1, 1_000, false)).isEmpty();
        assertThat(TARIFF.offer(0, 0, false)).isEmpty();
        assertThat(TARIFF.offer(-5, 0, false)).isEmpty();
    }

    @Test
    void a_summary_is_offered_whole_or_not_at_all() {
        long whole = cost(1_000, 8_000, USUAL);
        assertThat(TARIFF.offer(whole, 1_000, true)).contains(new Offer(whole, 0));
        assertThat(TARIFF.offer(whole - 1, 1_000, true)).isEmpty();
    }

    @Test
    void a_prompt_that_may_be_long_costs_what_long_ones_cost() {
        long over = 100_000 - Tariff.SLACK_TOKENS + 1;
        assertThat(TARIFF.offer(1L << 40, over - 1, false)).contains(new Offer(cost(over - 1, 8_000, USUAL), 0));
        assertThat(TARIFF.offer(1L << 40, over, false)).contains(new Offer(cost(over, 8_000, LONG), 0));
    }

    @Test
    void no_prompt_is_longer_than_the_window() {
        long most = 200_000 * LONG.prompt() + 8_000 * LONG.reply();
        assertThat(TARIFF.offer(1L << 40, Context.FULL, false)).contains(new Offer(most, 0));
    }

    @Test
    void searches_cost_their_fee_and_what_they_bring() {
        Tariff searching = new Tariff(USUAL, USUAL, Long.MAX_VALUE, 1_000_000, 8_000, 0, 3, 7_000_000);
        long whole = cost(1_000 + 30_000, 8_000, USUAL) + 21_000_000;
        assertThat(searching.offer(whole, 1_000, false)).contains(new Offer(whole, 0));
        assertThat(searching.offer(21_000_000, 1_000, false)).isEmpty();
    }

    @Test
    void a_model_whose_replies_are_shorter_than_the_shortest_is_asked_for_whole_ones() {
        Tariff small = new Tariff(USUAL, USUAL, Long.MAX_VALUE, 1_000_000, 500, 0, 0, 0);
        long whole = cost(0, 500, USUAL);
        assertThat(small.offer(whole, 0, false)).contains(new Offer(whole, 0));
        assertThat(small.offer(whole - 1, 0, false)).isEmpty();
    }

    @Test
    void where_nothing_costs_anything_all_of_it_is_offered() {
        assertThat(Tariff.FREE.offer(0, Context.FULL, true)).contains(new Offer(0, 0));
    }
}
