package io.dormouse.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EchoesTest {
    private static final String CANARY = "CANARY-5f+/=\"&<?>ü~1234";
    private static final Echoes ECHOES = new Echoes(List.of(Secret.of(CANARY)));

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Cut as the numbers say. */
    private static InputStream inPieces(byte[] bytes, Random cuts) {
        return new InputStream() {
            private int at;

            @Override
            public int read() {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                if (at == bytes.length) return -1;
                int count = Math.min(Math.min(length, 1 + cuts.nextInt(7)), bytes.length - at);
                System.arraycopy(bytes, at, buffer, offset, count);
                at += count;
                return count;
            }
        };
    }

    private static String passed(String text, long seed) throws IOException {
        byte[] bytes = new RedactedStream(inPieces(utf8(text), new Random(seed)), ECHOES).readAllBytes();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static String hidden(String echo) {
        return "*".repeat(utf8(echo).length);
    }

    @Test
    void every_documented_form_is_overwritten_wherever_it_is_cut() throws IOException {
        List<String> echoes = List.of(
                CANARY,
                URLEncoder.encode(CANARY, StandardCharsets.UTF_8),
                HexFormat.of().formatHex(utf8(CANARY)),
                HexFormat.of().withUpperCase().formatHex(utf8(CANARY)),
                CANARY.replace("\"", "\\\""),
                CANARY.replace("\"", "\\\"").replace("/", "\\/"),
                CANARY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
                CANARY.replace("&", "&amp;")
                        .replace("<", "&lt;")
                        .replace(">", "&gt;")
                        .replace("\"", "&quot;"));
        for (String echo : echoes)
            for (long seed = 0; seed < 50; seed++)
                assertThat(passed("before " + echo + " CANARY-5 " + echo + echo, seed))
                        .isEqualTo("before " + hidden(echo) + " CANARY-5 " + hidden(echo) + hidden(echo));
        byte[] reversed = utf8(CANARY);
        for (int i = 0; i < reversed.length / 2; i++) {
            byte b = reversed[i];
            reversed[i] = reversed[reversed.length - 1 - i];
            reversed[reversed.length - 1 - i] = b;
        }
        byte[] passed = new RedactedStream(new ByteArrayInputStream(reversed), ECHOES).readAllBytes();
        assertThat(new String(passed, StandardCharsets.ISO_8859_1)).isEqualTo(hidden(CANARY));
    }

    @Test
    void base64_is_found_at_each_of_its_three_places_in_both_alphabets() throws IOException {
        for (String before : new String[] {"", "a", "ab", "abc", "x-access-token:"})
            for (Base64.Encoder encoder :
                    List.of(Base64.getEncoder(), Base64.getUrlEncoder().withoutPadding())) {
                String echo = encoder.encodeToString(utf8(before + CANARY + "tail"));
                for (long seed = 0; seed < 20; seed++) {
                    byte[] left = Base64.getDecoder()
                            .decode(passed(echo, seed)
                                    .replace('*', 'A')
                                    .replace('-', '+')
                                    .replace('_', '/'));
                    // All but the bits at either end that share a letter with what is beside the secret.
                    String text = new String(left, StandardCharsets.ISO_8859_1);
                    assertThat(text)
                            .doesNotContain("CANARY")
                            .doesNotContain("ANARY")
                            .doesNotContain("1234")
                            .doesNotContain("5f+");
                }
            }
    }

    @Test
    void what_is_no_echo_passes_as_it_is() throws IOException {
        Random random = new Random(1);
        byte[] bytes = new byte[300_000];
        random.nextBytes(bytes);
        String beginnings = "CANARY-5f+/=\"&<?>CANARY-5f+/=\"&<?>ü~123CANARY";
        assertThat(passed(beginnings, 3)).isEqualTo(beginnings);
        assertThat(new RedactedStream(inPieces(bytes, random), ECHOES).readAllBytes())
                .isEqualTo(bytes);
    }

    @Test
    void several_secrets_of_which_one_is_in_the_other_are_all_hidden() throws IOException {
        Echoes echoes = new Echoes(List.of(Secret.of("abcdefgh"), Secret.of("xxabcdefghyy"), Secret.of("fghyyzzz")));
        for (String text : List.of("abcdefgh", "xxabcdefghyy", "xxabcdefghyyzzz", "abcdefghyyzzz", "xxabcdefgh?")) {
            byte[] passed = new RedactedStream(inPieces(utf8(text), new Random(2)), echoes).readAllBytes();
            assertThat(new String(passed, StandardCharsets.UTF_8)
                            .replace("?", "")
                            .replace("xx", ""))
                    .as(text)
                    .matches("\\**");
        }
    }

    @Test
    void a_search_by_hand_finds_the_same() throws IOException {
        Random random = new Random(5);
        for (int round = 0; round < 2_000; round++) {
            List<Secret> secrets = new ArrayList<>();
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 200; i++) text.append("ab".charAt(random.nextInt(2)));
            for (int i = 0; i < 3; i++) {
                int at = random.nextInt(180);
                secrets.add(Secret.of(text.substring(at, at + 8 + random.nextInt(8))));
            }
            byte[] expected = utf8(text.toString());
            for (Secret secret : secrets)
                for (String form : SecretForms.of(secret.bytes()))
                    for (int at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1))
                        for (int i = 0; i < form.length(); i++) expected[at + i] = '*';
            byte[] passed =
                    new RedactedStream(inPieces(utf8(text.toString()), random), new Echoes(secrets)).readAllBytes();
            assertThat(new String(passed, StandardCharsets.UTF_8))
                    .isEqualTo(new String(expected, StandardCharsets.UTF_8));
        }
    }

    @Test
    void what_cannot_be_the_beginning_of_an_echo_is_not_held_back() throws IOException {
        byte[][] pieces = {utf8("data: hello\n\n"), utf8("data: CAN")};
        int[] reads = new int[1];
        InputStream in = new InputStream() {
            @Override
            public int read() {
                throw new UnsupportedOperationException();
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                if (reads[0] == pieces.length) throw new AssertionError("nobody has to wait for more");
                byte[] piece = pieces[reads[0]++];
                System.arraycopy(piece, 0, buffer, offset, piece.length);
                return piece.length;
            }
        };
        byte[] buffer = new byte[100];
        InputStream passed = new RedactedStream(in, ECHOES);
        assertThat(new String(buffer, 0, passed.read(buffer), StandardCharsets.UTF_8))
                .isEqualTo("data: hello\n\n");
        assertThat(new String(buffer, 0, passed.read(buffer), StandardCharsets.UTF_8))
                .isEqualTo("data: ");
    }

    @Test
    void a_large_secret_is_hidden_as_a_whole() throws IOException {
        String large = "eyJ" + "0123456789abcdef".repeat(500);
        byte[] passed = new RedactedStream(
                        inPieces(utf8("<" + large + ">"), new Random(1)), new Echoes(List.of(Secret.of(large))))
                .readAllBytes();
        assertThat(new String(passed, StandardCharsets.UTF_8)).isEqualTo("<" + hidden(large) + ">");
    }
}
