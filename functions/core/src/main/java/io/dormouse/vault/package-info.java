/**
 * Vaults and credentials as documents: what they are, what they may become, which of them a session uses. Knows that there
 * are secrets and hands new ones on; never reads one.
 */
package io.dormouse.vault;
