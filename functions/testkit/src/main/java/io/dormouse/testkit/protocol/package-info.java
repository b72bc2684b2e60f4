/**
 * The protocol of head and log, searched through: every interleaving of two owners, a client and crashes, over the real
 * pure steps of head, fold and decision. Knows no port and no thread.
 */
package io.dormouse.testkit.protocol;
