/**
 * Benchmarks of the packaged suite, over HTTP, as clients see it: {@code ./dormouse bench NAME}. The suite is a process of its
 * own; the load generator and the scripted model share this one. Only {@code cost} runs harness and stores in this process, on a
 * metered table. They measure and say so; they assert nothing.
 */
package io.dormouse.local.bench;
