package io.dormouse.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParametersTest {
    @Test
    void everything_has_a_default() {
        Parameters preset = Parameters.defaults();
        assertThat(preset.name()).isEqualTo("dormouse");
        assertThat(preset.network()).isEqualTo(Parameters.Network.DUALSTACK);
        assertThat(preset.hands()).isEqualTo(Parameters.Hands.SEALED);
        assertThat(preset.model()).isEqualTo(new Parameters.Model.BedrockMantle());
        assertThat(preset.warmPool()).isZero();
        assertThat(preset.keepData()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            network=both                | dualstack or nat
            handZones=3                 | a number from 1 to 2
            handZones=x                 | a number from 1 to 2
            handCpu=300                 | 256, 512, 1024, 2048 or 4096
            handCpu=1024 handMemory=512 | a number from 2048 to 8192
            handMemory=1500             | a multiple of 1024
            handIdleSeconds=10          | a number from 60 to 86400
            logDays=31                  | one of
            warmPool=-1                 | a number from 0 to 100
            keepData=yes                | true or false
            name=Dormouse               | small letters
            sandboxImage=alpine:3       | an image in ECR
            model=gpt                   | bedrock-mantle, bedrock-runtime or an https URL
            model=http://10.0.0.1/      | bedrock-mantle, bedrock-runtime or an https URL
            alarmEmail=nobody           | an e-mail address
            nettwork=nat                | no parameter is called nettwork
            """)
    void a_wrong_value_is_said_in_a_sentence(String given, String sentence) {
        Map<String, String> parameters = Parameters.parse(List.of(given.split(" ")));
        assertThatThrownBy(() -> Parameters.of(parameters))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(sentence);
    }

    @Test
    void a_model_elsewhere_is_named_by_its_url() {
        assertThat(Parameters.of(Map.of("model", "https://models.example.com/v1"))
                        .model())
                .isEqualTo(new Parameters.Model.At("models.example.com", "https://models.example.com/v1"));
    }

    @Test
    void the_environment_can_give_them_too() {
        assertThat(Main.fromEnvironment(Map.of(
                        "DORMOUSE_DEPLOY_HAND_CPU", "1024", "DORMOUSE_DEPLOY_S3_PREFIX_LIST", "pl-1", "HOME", "/")))
                .isEqualTo(Map.of("handCpu", "1024", "s3PrefixList", "pl-1"));
    }

    @Test
    void the_readme_has_a_row_for_each_parameter() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (String name : Parameters.NAMES) assertThat(readme).contains("| `" + name + "` |");
    }

    @Test
    void a_function_that_was_not_built_is_said_in_a_sentence(@TempDir Path empty) {
        assertThatThrownBy(() -> new Artifacts(empty).function("api"))
                .hasMessage("functions/api/target/function.zip is missing: build the functions before their deployment"
                        + " (./dormouse deploy does)");
        assertThatThrownBy(() -> new Artifacts(empty).sandbox())
                .hasMessageStartingWith(
                        "sandbox-task/Dockerfile is missing: name a pre-built image with sandboxImage=URI");
    }
}
