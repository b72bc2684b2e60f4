package io.dormouse.agents;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What a session knows of its agent's MCP servers. A listing is kept for good, so that prompts keep their beginning and a
 * resumed session has the tools that it had.
 *
 * @param listings in the order in which they came
 * @param failed servers that could not be listed since the session last began to run
 */
public record McpTools(List<McpListing> listings, List<String> failed) {
    public static final McpTools NONE = new McpTools(List.of(), List.of());

    /** Another listing of a server of that name goes: the agent's server has another address now. */
    public McpTools with(McpListing listing) {
        List<McpListing> more = new ArrayList<>(listings);
        more.removeIf(each -> each.server().name().equals(listing.server().name()));
        more.add(listing);
        return new McpTools(List.copyOf(more), failed);
    }

    public McpTools without(String server) {
        if (failed.contains(server)) return this;
        List<String> more = new ArrayList<>(failed);
        more.add(server);
        return new McpTools(listings, List.copyOf(more));
    }

    /** What failed may be tried again. */
    public McpTools fresh() {
        return failed.isEmpty() ? this : new McpTools(listings, List.of());
    }

    /** Null when there is none. */
    public McpListing of(McpServer server) {
        for (McpListing listing : listings) if (listing.server().equals(server)) return listing;
        return null;
    }

    @JsonIgnore
    public boolean isEmpty() {
        return listings.isEmpty() && failed.isEmpty();
    }

    /** Servers of this agent whose tools are to be listed before the model is asked. @param agent its snapshot; may be null */
    public List<McpServer> missing(JsonNode agent) {
        List<McpServer> missing = new ArrayList<>();
        if (agent == null || agent.path("mcp_servers").isEmpty()) return missing;
        for (JsonNode tool : agent.path("tools")) {
            if (!tool.path("type").asText().equals("mcp_toolset") || !offers(tool)) continue;
            McpServer server = server(agent, tool.path("mcp_server_name").asText());
            if (server != null && of(server) == null && !failed.contains(server.name())) missing.add(server);
        }
        return missing;
    }

    /** Null when the agent has no server of that name. */
    public static McpServer server(JsonNode agent, String name) {
        for (JsonNode server : agent.path("mcp_servers"))
            if (server.path("name").asText().equals(name))
                return new McpServer(name, server.path("url").asText());
        return null;
    }

    /** A toolset with everything switched off needs no server. */
    private static boolean offers(JsonNode toolset) {
        if (toolset.path("default_config").path("enabled").asBoolean(true)) return true;
        for (JsonNode config : toolset.path("configs"))
            if (config.path("enabled").asBoolean()) return true;
        return false;
    }
}
