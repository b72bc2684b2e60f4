/**
 * The log of a thread: inputs, facts, entries, their fold, and the pure decision what comes next.
 * Knows no HTTP, no model format and no store.
 */
package io.dormouse.session;
