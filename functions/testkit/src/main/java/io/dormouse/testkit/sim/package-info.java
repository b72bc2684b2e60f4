/**
 * The harness in a world that a seed decides: time, order, faults, a model, hands and clients. Every port is a faulty one,
 * and named checks look at every step. Knows the core and the stores in memory; no file, no network, no system clock.
 */
package io.dormouse.testkit.sim;
