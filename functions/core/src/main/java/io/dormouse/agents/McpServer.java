package io.dormouse.agents;

/** A server of tools, as an agent declares it. @param name unique in the agent */
public record McpServer(String name, String url) {}
