/**
 * Benchmarks of the packaged suite, over HTTP, as clients see it: {@code ./dormouse bench NAME}. The suite is a process of its
 * own; the load generator and the scripted model share this one. {@code cost}, {@code resume} and {@code hands} run the harness
 * in this process, on a metered table, on SQLite and in memory. They measure and say so; they assert nothing.
 */
package io.dormouse.local.bench;
