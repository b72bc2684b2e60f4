/** Time, waiting and cancelling, as ports, so that a simulator can own them. */
package io.dormouse.pace;
