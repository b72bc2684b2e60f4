/**
 * Keeps secrets, under lock: who may have one, which one counts, and that it is fresh. Nothing in here prints a secret; a
 * stored one leaves only as a key of the proxy, for one request.
 */
package io.dormouse.secrets;
