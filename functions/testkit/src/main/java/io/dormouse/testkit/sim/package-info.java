/**
 * The harness in a world that a seed decides: time, order, faults, a model, hands and clients. Every port is a faulty one,
 * and named checks look at every step. Knows the core and the stores in memory; no network. Only the command and what
 * it runs have files, threads and the system's clock; a seed has none.
 */
package io.dormouse.testkit.sim;
