/** An MCP server that does as a test says, well or badly. Shares nothing with the client that it tries. */
package io.dormouse.testkit.mcp;
