/**
 * The line to a hand that runs elsewhere: HTTP to its supervisor, and what each answer means to a call. Shared by all
 * providers. Must not know: how hands are started, or where.
 */
package io.dormouse.hands.remote;
