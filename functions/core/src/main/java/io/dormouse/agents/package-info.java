/** What an agent is, as far as a turn needs it: model, system, tools, permissions. Knows no storage. */
package io.dormouse.agents;
