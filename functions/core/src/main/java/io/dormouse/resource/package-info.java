/** Stored documents (agents, environments, sessions, keys …), large content, and the ports that keep them. Knows no rule of any kind. */
package io.dormouse.resource;
