package io.dormouse.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.json.Json;
import io.dormouse.outbound.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FetchRulesTest {
    private static FetchRules rules(String config) {
        return new FetchRules(Json.parse(config.replace('\'', '"')));
    }

    @ParameterizedTest
    @CsvSource({
        "example.com,https://example.com/x,true",
        "example.com,https://EXAMPLE.com:8443/x,true",
        "example.com,https://a.b.example.com/,true",
        "example.com,https://notexample.com/,false",
        "example.com,https://example.com.evil.example/,false",
        "docs.example.com,https://example.com/,false",
        "example.com/blog,https://example.com/blog,true",
        "example.com/blog/,https://example.com/blog/1?q=2,true",
        "example.com/blog,https://example.com/blogger,false",
        "example.com/blog,https://example.com/blog/../x,false",
        "example.com/blog,https://example.com/blog/%2e%2e/x,false",
        "1.2.3.4,https://1.2.3.4/,true",
    })
    void an_allowed_domain_holds_what_is_below_it_and_nothing_else(String domain, String url, boolean holds) {
        String refusal = rules("{'allowed_domains':['" + domain + "']}")
                .refusal(HttpUrl.parse(url).orElseThrow());
        assertThat(refusal == null).isEqualTo(holds);
    }

    @ParameterizedTest
    @CsvSource({
        "example.com,https://www.example.com/,false",
        "example.com,https://example.org/,true",
        "example.com/blog,https://example.com/x,true",
        // What could be below is taken to be.
        "example.com/blog,https://example.com/x/%2e%2e/blog,false",
    })
    void a_blocked_domain_is_refused_also_where_that_is_in_doubt(String domain, String url, boolean allowed) {
        String refusal = rules("{'blocked_domains':['" + domain + "']}")
                .refusal(HttpUrl.parse(url).orElseThrow());
        assertThat(refusal == null).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "https://example.com", "*.example.com", "a b", "example.com:80", "x/../y", "x/%41", "x/*"})
    void what_could_be_read_in_two_ways_is_no_domain(String text) {
        assertThat(Domain.parse(text)).isEmpty();
    }

    @Test
    void without_rules_everything_is_allowed_and_texts_have_a_limit() {
        FetchRules none = rules("{}");
        assertThat(none.refusal(HttpUrl.parse("http://x.example/").orElseThrow()))
                .isNull();
        assertThat(none.closed()).isNull();
        assertThat(none.maxTokens()).isEqualTo(100_000);
        assertThat(rules("{'max_content_tokens':5}").maxTokens()).isEqualTo(5);
        assertThat(rules("{'max_content_tokens':500000}").maxTokens()).isEqualTo(100_000);
    }

    @Test
    void a_rule_that_is_not_built_closes_the_tool_instead_of_being_left_out() {
        assertThat(rules("{'url_sources':{'user_input':{'type':'all'}}}").closed())
                .isNull();
        assertThat(rules("{'url_sources':{'user_input':{'type':'none'}}}").closed())
                .contains("url_sources");
    }
}
