/**
 * The way out of the rooms: an HTTP proxy whose requests go to whoever holds the hand, over lanes that the holder opened.
 * TLS ends here, with certificates of an authority that lives in memory. Dials nothing itself.
 * Must not know: where a request goes in the end, who may send it, any credential.
 */
package io.dormouse.sandbox.egress;
