package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** A search that finds nothing proves something only if it finds what is there. */
class CanaryTest {
    private final Canary canary = new Canary();
    private final String secret = canary.plant("one");
    private final byte[] bytes = secret.getBytes(StandardCharsets.UTF_8);

    private void finds(String text) {
        assertThat(canary.search("here", "before " + text + " behind")).as(text).isNotEmpty();
    }

    @Test
    void it_is_found_as_it_is_reversed_in_hexadecimal_and_in_base64() {
        finds(secret);
        finds(new StringBuilder(secret).reverse().toString());
        finds(HexFormat.of().formatHex(bytes));
        finds(HexFormat.of().withUpperCase().formatHex(bytes));
        for (String before : new String[] {"", "x", "xx", "x-access-token:"}) {
            byte[] longer = (before + secret + "behind").getBytes(StandardCharsets.UTF_8);
            finds(Base64.getEncoder().encodeToString(longer));
            finds(Base64.getUrlEncoder().withoutPadding().encodeToString(longer));
            finds(Base64.getMimeEncoder().encodeToString(longer));
        }
    }

    @Test
    void it_is_found_escaped() {
        finds(URLEncoder.encode(secret, StandardCharsets.UTF_8));
        StringBuilder percent = new StringBuilder();
        StringBuilder unicode = new StringBuilder();
        for (byte b : bytes) {
            percent.append("%%%02x".formatted(b));
            unicode.append("\\u%04X".formatted(b));
        }
        finds(percent.toString());
        finds(percent.toString().toUpperCase(java.util.Locale.ROOT));
        finds("{\"a\":\"" + unicode + "\"}");
    }

    @Test
    void it_is_found_compressed_in_the_middle_of_a_file() throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(new byte[] {1, 2, 3, 0x1F, (byte) 0x8B, 8, 9});
        try (GZIPOutputStream gzip = new GZIPOutputStream(file)) {
            gzip.write("Authorization: ".getBytes(StandardCharsets.UTF_8));
            gzip.write(bytes);
        }
        file.write(new byte[100]);
        assertThat(canary.search("file", file.toByteArray(), Set.of())).isNotEmpty();
    }

    @Test
    void it_is_found_split_over_lines_strings_and_chunks() {
        finds(secret.replaceAll("(.{5})", "$1\n"));
        finds(secret.replaceAll("(.{5})", "$1\\\\n"));
        finds("[\"" + secret.replaceAll("(.{4})", "$1\", \"") + "\"]");
        StringBuilder stream = new StringBuilder();
        for (String chunk : secret.split("(?<=\\G.{3})"))
            stream.append("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"")
                    .append(chunk)
                    .append("\"}}\n\n");
        finds("\n" + stream);
    }

    @Test
    void a_part_of_it_is_found() {
        finds(secret.substring(9, 9 + Canary.SHORTEST_PART));
        finds(HexFormat.of().formatHex(bytes, 20, 30));
    }

    @Test
    void nothing_is_found_where_nothing_is() {
        assertThat(canary.search("here", "CANARY- CANAR[Y]- dmph_0123456789abcdef and %41 \\u0041 {\"a\":1}"))
                .isEmpty();
        assertThat(canary.search("here", new Canary().plant("of another"))).isEmpty();
        assertThat(canary.search("here", bytes, Set.of("one"))).isEmpty();
    }
}
