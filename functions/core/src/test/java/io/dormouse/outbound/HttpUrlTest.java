package io.dormouse.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HttpUrlTest {
    private static HttpUrl url(String text) {
        return HttpUrl.parse(text).orElseThrow(() -> new AssertionError(text));
    }

    @Test
    void a_url_is_scheme_host_port_and_target() {
        assertThat(url("https://api.example.org/v1/x?y=1").toString()).isEqualTo("https://api.example.org/v1/x?y=1");
        assertThat(url("https://api.example.org").target()).isEqualTo("/");
        assertThat(url("https://api.example.org?x").target()).isEqualTo("/?x");
        assertThat(url("HTTPS://Api.Example.ORG.:443/A").toString()).isEqualTo("https://api.example.org/A");
        assertThat(url("http://a:8080/").port()).isEqualTo(8080);
        assertThat(url("http://a/").port()).isEqualTo(80);
        assertThat(url("https://a:80/").authority()).isEqualTo("a:80");
        assertThat(url("https://[2606:4700:4700::1111]:8443/x").host().address().isPublic())
                .isTrue();
        assertThat(url("https://xn--bcher-kva.example/").host().text()).isEqualTo("xn--bcher-kva.example");
        assertThat(url("https://a/p?q=%C3%BC/?:@|{}").path()).isEqualTo("/p");
    }

    @Test
    void what_programs_read_differently_is_not_a_url() {
        for (String text : new String[] {
            "",
            "http:",
            "http://",
            "http:///x",
            "http:/a/",
            "//a/",
            "a/",
            "ftp://a/",
            "https:\\\\a/",
            "https://allowed@evil/",
            "https://allowed:pw@evil/",
            "https://@evil/",
            "https://allowed\\@evil/",
            "https://allowed%00.evil/",
            "https://allowed%2eevil/",
            "https://evil#@allowed/",
            "https://evil/#allowed",
            "https://allowed\t.evil/",
            "https://allowed\r.evil/",
            "https://allowed\n.evil/",
            "https://allowed\0.evil/",
            " https://a/",
            "https://a/ ",
            "https://a/b c",
            "https://a/\\b",
            "https://a/ü",
            "https://bücher.example/",
            "https://ａ.example/",
            "https://allowed。evil/",
            "https://allowed;evil/",
            "https://allowed,evil/",
            "https://allowed_host.com/",
            "https://-a.com/",
            "https://a-.com/",
            "https://a..com/",
            "https://.a.com/",
            "https://a.com../",
            "https://./",
            "https://ab--c.com/",
            "https://xn--/",
            "https://a:/",
            "https://a:0/",
            "https://a:080/",
            "https://a:65536/",
            "https://a:+80/",
            "https://a:8 0/",
            "https://a:80:80/",
            "https://2130706433/",
            "https://0/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.0.0.1./",
            "https://1.2.3/",
            "https://a.0x7/",
            "https://a.1/",
            "https://a.1./",
            "https://[::1/",
            "https://::1/",
            "https://[::1]x/",
            "https://[::1%25lo]/",
            "https://[v1.x]/",
            "https://[1.2.3.4]/",
            "https://a[b/",
            "https://a]/",
            "https://" + "a".repeat(64) + ".com/",
            "https://" + "a.".repeat(127) + "com/",
            "https://a/" + "x".repeat(HttpUrl.MAX_LENGTH)
        }) assertThat(HttpUrl.parse(text)).as(text).isEmpty();
        assertThat(HttpUrl.parse(null)).isEmpty();
    }

    @Test
    void a_rule_means_its_host_or_the_names_below_it_and_nothing_that_looks_like_them() {
        HostRule exact = HostRule.parse("Allowed.com").orElseThrow();
        assertThat(exact.matches(url("https://ALLOWED.com./x"))).isTrue();
        assertThat(exact.matches(url("https://allowed.com:8443/x"))).isTrue();
        for (String other : new String[] {"www.allowed.com", "allowed.com.evil.com", "evilallowed.com", "allowed.co"})
            assertThat(exact.matches(url("https://" + other + "/"))).as(other).isFalse();
        HostRule below = HostRule.parse("*.allowed.com").orElseThrow();
        assertThat(below.matches(url("https://a.b.allowed.com/"))).isTrue();
        for (String other : new String[] {"allowed.com", "evilallowed.com", "a.allowed.com.evil.com"})
            assertThat(below.matches(url("https://" + other + "/"))).as(other).isFalse();
        HostRule port = HostRule.parse("allowed.com:8443").orElseThrow();
        assertThat(port.matches(url("https://allowed.com:8443/"))).isTrue();
        assertThat(port.matches(url("https://allowed.com/"))).isFalse();
        assertThat(HostRule.parse("allowed.com:80").orElseThrow().matches(url("https://allowed.com/")))
                .isFalse();
        assertThat(port.toString()).isEqualTo("allowed.com:8443");
        assertThat(below.toString()).isEqualTo("*.allowed.com");
        for (String bad : new String[] {
            "",
            "*",
            "*.",
            "*.*.com",
            "a.*.com",
            "*a.com",
            "a/b",
            "a?b",
            "a@b",
            "127.1",
            "*.1.2.3.4",
            "*.[::1]",
            "ü",
            "https://a"
        }) assertThat(HostRule.parse(bad)).as(bad).isEmpty();
    }

    @Test
    void the_class_of_a_path_tells_no_names_and_no_tokens() {
        assertThat(PathClass.of(url("https://a/v1/repos/Jane/secret-plans?token=x")))
                .isEqualTo("/v1/repos/*/secret-plans");
        assertThat(PathClass.of(url("https://a/services/T012/B345/aBcDeFgH"))).isEqualTo("/services/*/*/*");
        assertThat(PathClass.of(url("https://a"))).isEqualTo("/");
        assertThat(PathClass.of(url("https://a/x/%73ecret/"))).isEqualTo("/x/*/");
        assertThat(PathClass.of(url("https://a/a/b/c/d/e/f/g/h"))).isEqualTo("/a/b/c/d/e/f/…");
        assertThat(PathClass.of(url("https://a/" + "a".repeat(25)))).isEqualTo("/*");
    }

    @Test
    void every_reason_of_a_refusal_has_a_status() {
        assertThat(Refusal.status("destination_denied")).isEqualTo(403);
        assertThat(Refusal.status("timeout")).isEqualTo(504);
        assertThat(Refusal.status("connect_failed")).isEqualTo(502);
        assertThat(Refusal.status("something later")).isEqualTo(502);
        for (Refusal refusal : Refusal.values())
            assertThat(Refusal.status(refusal.because("x").reason())).isEqualTo(refusal.status());
    }
}
