/**
 * How an errand goes to a credential proxy that is another program, and how its answer comes back: the bytes, and nothing of
 * what carries them. Whoever answers believes the caller what {@link io.dormouse.outbound.Outbound.Caller} says, and no more.
 */
package io.dormouse.outbound.relay;
