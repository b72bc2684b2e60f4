/**
 * The resources of the public API, one file each: its rules, its view, its handlers. Knows the stores and the wire format.
 * Must not know HTTP beyond {@code Call} and {@code Answer}, nor how a turn is run.
 */
package io.dormouse.api;
