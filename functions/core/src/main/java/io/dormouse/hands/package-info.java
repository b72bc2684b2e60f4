/** Sandboxes behind one uniform call. Knows no provider, no credential and no model. */
package io.dormouse.hands;
