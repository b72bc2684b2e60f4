/**
 * MCP over the protocol's Java SDK, whose bytes go over {@code Outbound}: streamable HTTP, and the older transport where a
 * server has only that. Knows no credential: the proxy adds it.
 */
package io.dormouse.mcp.client;
