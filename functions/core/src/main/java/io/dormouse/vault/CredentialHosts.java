package io.dormouse.vault;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.PackageHosts;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a variable's secret may go. The session's environment has to allow the host as well.
 *
 * @param any whether every host that the environment allows is meant; {@code rules} is empty then
 */
public record CredentialHosts(boolean any, List<HostRule> rules) {
    public static final int MAX_HOSTS = 16;

    /** As a document has it. What cannot be read there allows nothing. */
    static CredentialHosts of(JsonNode stored) {
        if (stored.path("type").asText().equals("unrestricted")) return new CredentialHosts(true, List.of());
        List<HostRule> rules = new ArrayList<>();
        for (JsonNode host : stored.path("allowed_hosts"))
            HostRule.parse(host.asText()).ifPresent(rules::add);
        return new CredentialHosts(false, List.copyOf(rules));
    }

    /** The hosts that an environment does not let a request go to, so that the secret will never get there. */
    public List<HostRule> outOf(Networking networking) {
        return switch (networking) {
            case Networking.Unrestricted u -> List.of();
            case Networking.Limited limited ->
                rules.stream()
                        .filter(rule -> limited.allowedHosts().stream().noneMatch(allowed -> covers(allowed, rule)))
                        .filter(rule -> !(limited.packageManagers() && PackageHosts.cover(rule)))
                        .toList();
        };
    }

    /** Whether all hosts of a rule are hosts of the other. Names below one are only covered by names below one. */
    private static boolean covers(HostRule allowed, HostRule rule) {
        if (!allowed.below()) return !rule.below() && rule.name().equals(allowed.name());
        return rule.name().endsWith("." + allowed.name())
                || rule.below() && rule.name().equals(allowed.name());
    }
}
