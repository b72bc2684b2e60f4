/** Time and concurrency on a real machine: the system clock and virtual threads. Knows no session. */
package io.dormouse.threads;
