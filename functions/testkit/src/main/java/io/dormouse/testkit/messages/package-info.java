/**
 * A Messages API server on loopback whose replies a test scripts, holds and breaks. Knows the wire format, and nothing of
 * sessions, logs and harnesses.
 */
package io.dormouse.testkit.messages;
