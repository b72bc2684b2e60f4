package io.dormouse.outbound;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Whom an environment lets its sandboxes talk to. What is not the public internet stays closed either way. */
public sealed interface Networking {
    record Unrestricted() implements Networking {}

    /**
     * @param mcpServers whether a sandbox may also reach the session's MCP servers
     * @param packageManagers whether it may also reach the public registries of packages
     */
    record Limited(List<HostRule> allowedHosts, boolean mcpServers, boolean packageManagers) implements Networking {}

    /** As an environment's document has it. What cannot be read there allows nothing. */
    static Networking of(JsonNode stored) {
        if (stored.path("type").asText().equals("unrestricted")) return new Unrestricted();
        List<HostRule> rules = new ArrayList<>();
        for (JsonNode host : stored.path("allowed_hosts"))
            HostRule.parse(host.asText()).ifPresent(rules::add);
        return new Limited(
                List.copyOf(rules),
                stored.path("allow_mcp_servers").asBoolean(),
                stored.path("allow_package_managers").asBoolean());
    }
}
