package io.dormouse.wake;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class StartScriptTest {
    @Test
    void lambdas_command_line_is_kept_word_by_word_but_does_not_rule_out_ipv6() throws IOException {
        Process process = new ProcessBuilder(
                        "src/main/function/start.sh",
                        "printf",
                        "%s\\n",
                        "-Djava.net.preferIPv4Stack=true",
                        "two words",
                        "",
                        "-Dx=-Djava.net.preferIPv4Stack=true")
                .start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("-Djava.net.preferIPv4Stack=false\ntwo words\n\n-Dx=-Djava.net.preferIPv4Stack=true\n");
    }
}
