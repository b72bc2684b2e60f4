/**
 * Stores that live in memory, for tests and simulations. They keep serialised JSON, so that nobody shares a mutable node
 * with a store, and a record that does not survive storage is found at once. Know no thread, no disk and no fault.
 */
package io.dormouse.testkit.memory;
