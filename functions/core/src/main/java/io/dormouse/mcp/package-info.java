/**
 * Servers of tools outside of the session, behind one port. Knows who asks, and what came of it; never a credential, and
 * nothing of the protocol.
 */
package io.dormouse.mcp;
