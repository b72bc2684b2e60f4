package io.dormouse.agents;

import java.util.List;

/** The tools that a server listed: what the session has of it from then on. */
public record McpListing(McpServer server, List<McpTool> tools) {}
