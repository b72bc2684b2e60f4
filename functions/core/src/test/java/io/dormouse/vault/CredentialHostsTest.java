package io.dormouse.vault;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.json.Json;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.Networking;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CredentialHostsTest {
    private static List<String> out(String environment, String hosts) {
        String open = "{\"type\":\"unrestricted\"}";
        String networking = environment == null
                ? open
                : "{\"type\":\"limited\",\"allow_package_managers\":" + environment.endsWith("+packages")
                        + ",\"allowed_hosts\":" + list(environment.replace("+packages", "")) + "}";
        String credential = hosts == null ? open : "{\"type\":\"limited\",\"allowed_hosts\":" + list(hosts) + "}";
        return CredentialHosts.of(Json.parse(credential)).outOf(Networking.of(Json.parse(networking))).stream()
                .map(HostRule::toString)
                .toList();
    }

    private static String list(String hosts) {
        return hosts.isBlank()
                ? "[]"
                : "[\"" + String.join("\",\"", hosts.trim().split(" ")) + "\"]";
    }

    @Test
    void hosts_of_a_variable_that_its_environment_does_not_allow() {
        Map<List<String>, String> table = new LinkedHashMap<>();
        table.put(List.of("a.example", "a.example"), "");
        table.put(List.of("A.example", "a.EXAMPLE"), "");
        table.put(List.of("", "a.example"), "a.example");
        table.put(List.of("*.example", "a.example b.a.example"), "");
        table.put(List.of("*.a.example", "a.example"), "a.example");
        table.put(List.of("*.a.example", "*.a.example *.b.a.example"), "");
        table.put(List.of("*.b.a.example", "*.a.example"), "*.a.example");
        table.put(List.of("a.example", "*.a.example"), "*.a.example");
        table.put(List.of("*.example", "notexample"), "notexample");
        table.put(List.of("192.0.2.1", "192.0.2.1 192.0.2.2"), "192.0.2.2");
        table.put(List.of("a.example:8443", "a.example"), "");
        table.put(List.of("a.example", "a.example b.example c.example"), "b.example c.example");
        table.put(List.of("+packages", "registry.npmjs.org a.example"), "a.example");
        table.put(List.of("", "registry.npmjs.org"), "registry.npmjs.org");
        table.forEach((layers, expected) -> assertThat(String.join(" ", out(layers.get(0), layers.get(1))))
                .as(layers.toString())
                .isEqualTo(expected));
    }

    @Test
    void without_limits_on_one_side_there_is_nothing_to_tell() {
        assertThat(out(null, "a.example *.b.example")).isEmpty();
        assertThat(out("a.example", null)).isEmpty();
        assertThat(out("", null)).isEmpty();
    }
}
