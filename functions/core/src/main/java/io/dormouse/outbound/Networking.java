package io.dormouse.outbound;

import java.util.List;

/** Whom an environment lets its sandboxes talk to. What is not the public internet stays closed either way. */
public sealed interface Networking {
    record Unrestricted() implements Networking {}

    /**
     * @param mcpServers whether a sandbox may also reach the session's MCP servers
     * @param packageManagers whether it may also reach the public registries of packages
     */
    record Limited(List<HostRule> allowedHosts, boolean mcpServers, boolean packageManagers) implements Networking {}
}
