/**
 * The supervisor of one hand: admits its caller, runs each tool call at most once, remembers every result.
 * It stays outside the rooms in which agent code runs, and never opens a path that agent code controls.
 * Must not know: sessions, models, credentials, clouds, or who calls it.
 */
package io.dormouse.sandbox;
