/**
 * The door: one catch-all HTTP handler, the dispatch by route, who is calling, what was asked, once only, and how it is
 * answered. Knows HTTP and the error envelope. Must not know any resource: those are in {@code io.dormouse.api}.
 */
package io.dormouse.edge;
