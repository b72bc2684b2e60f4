package io.dormouse.proxy;

import static io.dormouse.proxy.Outside.PUBLIC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.outbound.Outbound.Response;
import io.dormouse.testkit.tls.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who answers must be the host that was meant, whatever address it was found at. */
@Timeout(300)
class TlsTest {
    private static final String USE = "X-Key: PLACEHOLDER-1";

    @TempDir
    static Path folder;

    private static Certificates certificates;

    @BeforeAll
    static void make() throws Exception {
        certificates = new Certificates(folder);
        certificates.make("right", "dns:api.example.org,ip:" + PUBLIC);
        certificates.make("wrong", "dns:other.example.org,dns:*.api.example.org");
        certificates.make("old", "dns:api.example.org", "-startdate", "-10d", "-validity", "5");
    }

    /** What becomes of a request with a credential to a host with this certificate. */
    private static String outcome(String certificate, Path authorities, String url) throws Exception {
        try (Outside outside = new Outside();
                Upstream upstream = Upstream.tls(
                        certificates.sockets(certificate),
                        (head, in, out) ->
                                out.write(Upstream.bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")))) {
            outside.api(upstream);
            outside.opened = PrivateHosts.NONE;
            outside.authorities = authorities;
            Response response = outside.get(url, url.contains("org") ? new String[] {USE} : new String[0]);
            if (response instanceof Response.Refused refused) {
                assertThat(upstream.heads).isEmpty();
                assertThat(outside.uses.untold(Outside.SESSION.primaryThread(), 9))
                        .isEmpty();
                return refused.reason();
            }
            Response.Answered answered = (Response.Answered) response;
            return answered.status() + " " + new String(answered.body().readAllBytes());
        }
    }

    @Test
    void a_host_is_believed_with_its_name_or_address_in_a_trusted_certificate_and_not_otherwise() throws Exception {
        Path all = certificates.authority();
        assertThat(outcome("right", all, "https://api.example.org/")).isEqualTo("200 ok");
        assertThat(outcome("right", all, "https://API.example.org./")).isEqualTo("200 ok");
        assertThat(outcome("right", all, "https://" + PUBLIC + "/")).isEqualTo("200 ok");
        assertThat(outcome("right", null, "https://api.example.org/")).isEqualTo("tls_failed");
        assertThat(outcome("wrong", all, "https://api.example.org/")).isEqualTo("tls_failed");
        assertThat(outcome("old", all, "https://api.example.org/")).isEqualTo("tls_failed");
    }

    @Test
    void a_host_without_tls_or_that_never_shakes_hands_gets_nothing() throws Exception {
        try (Outside outside = new Outside();
                Upstream plain = Upstream.saying("HTTP/1.1 200 OK\r\n\r\n")) {
            outside.api(plain);
            outside.opened = PrivateHosts.NONE;
            assertThat(outside.get("https://api.example.org/", USE))
                    .extracting(response -> ((Response.Refused) response).reason())
                    .isIn("tls_failed", "timeout");
            assertThat(plain.heads.toString()).doesNotContain(Outside.CANARY);
        }
        try (Outside outside = new Outside();
                java.net.ServerSocket mute = new java.net.ServerSocket(0)) {
            outside.limits = new io.dormouse.proxy.http.Limits(
                    Duration.ofSeconds(1),
                    Duration.ofMillis(300),
                    Duration.ofSeconds(9),
                    Duration.ofSeconds(9),
                    Duration.ofSeconds(9),
                    1 << 14,
                    50,
                    1 << 20,
                    1 << 20,
                    1 << 10,
                    4);
            outside.opened = PrivateHosts.parse("mute.example:" + mute.getLocalPort() + "=127.0.0.1");
            try (CredentialProxy proxy = CredentialProxy.of(
                    outside.keyring, outside.uses, new ProxySettings(outside.opened, null, outside.limits))) {
                Response response = proxy.send(
                        Outside.caller(io.dormouse.outbound.Outbound.Purpose.FETCH),
                        Outside.request("GET", "https://mute.example:" + mute.getLocalPort() + "/", ""));
                assertThat(((Response.Refused) response).reason()).isEqualTo("timeout");
            }
        }
    }

    @Test
    void settings_say_what_is_wrong_with_them() throws IOException {
        assertThat(ProxySettings.of(Map.of()).extraAuthorities()).isNull();
        ProxySettings settings = ProxySettings.of(Map.of(
                "DORMOUSE_PRIVATE_HOSTS",
                "a:80=10.0.0.1, b:81=10.0.0.2",
                "DORMOUSE_EXTRA_CA",
                certificates.authority().toString()));
        assertThat(settings.opened().of(Outside.url("http://b:81/"))).hasToString("10.0.0.2");
        assertThat(settings.extraAuthorities()).isEqualTo(certificates.authority());
        assertThatThrownBy(() -> ProxySettings.of(Map.of("DORMOUSE_PRIVATE_HOSTS", "a:80=169.254.169.254")))
                .hasMessageContaining("DORMOUSE_PRIVATE_HOSTS");
        Path empty = Files.writeString(folder.resolve("empty.pem"), "nothing");
        for (Path bad : new Path[] {empty, folder.resolve("missing.pem")})
            assertThatThrownBy(() -> ProxySettings.of(Map.of("DORMOUSE_EXTRA_CA", bad.toString())))
                    .hasMessageContaining("DORMOUSE_EXTRA_CA");
        for (Path bad : new Path[] {empty, folder.resolve("missing.pem")})
            assertThatThrownBy(() -> CredentialProxy.of(
                            caller -> null,
                            new io.dormouse.outbound.UseLedger(),
                            new ProxySettings(PrivateHosts.NONE, bad, io.dormouse.proxy.http.Limits.DEFAULT)))
                    .hasMessageContaining("DORMOUSE_EXTRA_CA");
    }
}
