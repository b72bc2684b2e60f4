package io.dormouse.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** openssl is the judge, at its strictest. */
class AuthorityTest {
    @TempDir
    Path folder;

    private final Authority authority = Authority.of("hand_test", InstantSource.system());

    @Test
    void openssl_accepts_what_it_signs_for_names_and_addresses() throws Exception {
        Files.writeString(folder.resolve("ca.pem"), Authority.pem(authority.certificate()));
        String longest = "a".repeat(63) + ".example." + "b".repeat(60) + ".test";
        for (String host : List.of("site.test", longest, "xn--bcher-kva.test", "under_score.test", "1.2.3.4.5")) {
            assertThat(verify(host, "-verify_hostname", host)).as(host).endsWith("leaf.pem: OK");
        }
        for (String address : List.of("127.0.0.1", "192.0.2.255", "::1", "2001:db8::a")) {
            assertThat(verify(address, "-verify_ip", address)).as(address).endsWith("leaf.pem: OK");
        }
        assertThat(verify("site.test", "-verify_hostname", "other.test")).contains("hostname mismatch");
    }

    private String verify(String host, String... how) throws Exception {
        X509Certificate leaf = authority.certificateFor(host);
        Files.writeString(folder.resolve("leaf.pem"), Authority.pem(leaf));
        List<String> command = new java.util.ArrayList<>(
                List.of("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "ca.pem"));
        command.addAll(List.of(how));
        command.add("leaf.pem");
        Process openssl = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        return new String(openssl.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void a_certificate_signs_nothing_and_ends() throws Exception {
        X509Certificate leaf = authority.certificateFor("site.test");
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(authority.certificate().getBasicConstraints()).isZero();
        assertThat(leaf.getNotAfter().toInstant()).isBefore(Instant.now().plusSeconds(91 * 86_400));
        leaf.verify(authority.certificate().getPublicKey());
        assertThat(leaf.getSerialNumber())
                .isNotEqualTo(authority.certificateFor("site.test").getSerialNumber());
    }

    @Test
    void a_context_is_made_once_for_a_host() throws Exception {
        assertThat(authority.contextFor("a.test")).isSameAs(authority.contextFor("a.test"));
        for (int i = 0; i < 300; i++) {
            authority.contextFor("h" + i + ".test");
        }
    }

    @Test
    void der_is_what_the_standard_says() {
        assertThat(hex(Der.oid("1.2.840.10045.4.3.2"))).isEqualTo("06082a8648ce3d040302");
        assertThat(hex(Der.integer(BigInteger.valueOf(128)))).isEqualTo("02020080");
        assertThat(hex(Der.octets(new byte[128]))).startsWith("048180");
        assertThat(hex(Der.octets(new byte[300]))).startsWith("0482012c");
        assertThat(hex(Der.time(Instant.parse("2049-12-31T23:59:59Z")))).isEqualTo("170d" + text("491231235959Z"));
        assertThat(hex(Der.time(Instant.parse("2050-01-01T00:00:00Z")))).isEqualTo("180f" + text("20500101000000Z"));
    }

    private static String text(String ascii) {
        return hex(ascii.getBytes(StandardCharsets.US_ASCII));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
