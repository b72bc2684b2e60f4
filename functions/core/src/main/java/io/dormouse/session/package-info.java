/** The log of a thread: facts, entries and the port that stores them. Knows no HTTP, no model format and no store. */
package io.dormouse.session;
