package io.dormouse.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.cost.Usage.Meter;
import io.dormouse.cost.Usage.Standing;
import io.dormouse.deployment.Parameters;
import io.dormouse.deployment.Synthesis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CostPageTest {
    private static final Path REPOSITORY = Path.of("..");

    @Test
    void the_page_is_of_these_prices_and_this_usage() throws IOException {
        assertThat(Files.readString(Path.of("COST.md")))
                .as("write it again: ./dormouse cost")
                .isEqualTo(CostPage.text());
    }

    @Test
    void turns_cost_what_the_meter_of_the_stores_counts() throws IOException {
        String test =
                Files.readString(REPOSITORY.resolve("functions/aws/src/test/java/io/dormouse/aws/TurnCostTest.java"));
        assertThat(metered(test, "a_plain_turn_is_")).isEqualTo(Usage.PLAIN);
        assertThat(metered(test, "a_tool_turn_is_")).isEqualTo(Usage.TOOL);
    }

    @Test
    void a_stream_outlives_its_turn_by_what_is_deployed() {
        double rest = Parameters.defaults().streamRestSeconds();
        assertThat(Usage.STREAM_REST_SECONDS).isEqualTo(rest + rest / 4 / 2);
    }

    /** What a test of the stores asserts: {@code new Use(requests, writeUnits, readUnits)}, and the number of writes. */
    private static Meter metered(String test, String name) {
        String body = test.substring(test.indexOf("void " + name));
        Matcher writes = find("assertThat\\(writes\\(\\)\\)\\.isEqualTo\\((\\d+)\\)", body);
        Matcher use = find("new Use\\((\\d+), (\\d+), (\\d+)\\)", body);
        return new Meter(
                Double.parseDouble(use.group(2)),
                Double.parseDouble(use.group(3)),
                Integer.parseInt(writes.group(1)),
                Integer.parseInt(use.group(1)));
    }

    private static Matcher find(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).isTrue();
        return matcher;
    }

    @ParameterizedTest
    @ValueSource(strings = {"network=dualstack", "network=nat", "hands=none", "model=bedrock-runtime", "warmPool=1"})
    void what_stands_while_nothing_happens_is_what_the_template_has(String mode) {
        Synthesis templates = Synthesis.of(mode);
        int endpoints = templates.all("AWS::EC2::VPCEndpoint").stream()
                .filter(e -> e.properties().path("VpcEndpointType").asText().equals("Interface"))
                .mapToInt(e -> e.properties().path("SubnetIds").size())
                .sum();
        int names = templates.all("AWS::Route53Resolver::FirewallDomainList").stream()
                .mapToInt(list -> list.properties().path("Domains").size())
                .sum();
        assertThat(new Standing(
                        templates.all("AWS::CloudWatch::Alarm").size(),
                        templates.all("AWS::CloudWatch::Dashboard").size(),
                        endpoints,
                        templates.all("AWS::EC2::NatGateway").size(),
                        names,
                        !templates.all("AWS::ECS::TaskDefinition").isEmpty(),
                        templates.all("AWS::Lambda::Function").stream()
                                .mapToInt(function -> function.properties()
                                        .at("/Environment/Variables/DORMOUSE_WARM_POOL")
                                        .asInt())
                                .sum()))
                .isEqualTo(CostPage.MODES.get(mode));
    }

    @Test
    void asleep_without_endpoints_is_ten_cents_at_most() {
        Prices prices = Prices.published();
        Standing asleep = CostPage.MODES.get("hands=none");
        assertThat(Usage.usd(Usage.idleMonth(asleep), prices) - Usage.usd(Usage.allowed(asleep), prices))
                .isBetween(0.0, 0.10);
        Standing preset = CostPage.MODES.get("network=dualstack");
        double endpoints = prices.of("vpc.endpoint_hours", preset.endpoints() * Usage.HOURS_A_MONTH);
        assertThat(Usage.usd(Usage.idleMonth(preset), prices) - Usage.usd(Usage.allowed(preset), prices) - endpoints)
                .isBetween(0.0, 0.10);
    }
}
