/** The small record that decides every race of a thread: mailbox, lease, snapshot. Knows compare-and-swap, and nothing of a store. */
package io.dormouse.head;
