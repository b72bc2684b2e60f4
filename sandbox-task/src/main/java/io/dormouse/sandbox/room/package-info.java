/**
 * Rooms: processes of agent code with their walls, limits, and the one persistent shell.
 * Knows Linux (bubblewrap, setpriv, prlimit, /proc). Must not know: HTTP, the journal, file tools.
 */
package io.dormouse.sandbox.room;
