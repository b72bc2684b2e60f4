/**
 * A stand-in for the model, for trying Dormouse without a key or a network: a Messages API server on loopback. Knows
 * the wire format only; nothing in it can tell that Dormouse is the client.
 */
package io.dormouse.local.offline;
