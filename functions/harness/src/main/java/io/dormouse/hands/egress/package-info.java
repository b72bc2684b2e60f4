/**
 * The harness's end of a hand's way out: lanes to its supervisor, which bring requests of the hand's programs and take the
 * answers back. Must not know: where a request may go, any credential, how hands are found.
 */
package io.dormouse.hands.egress;
