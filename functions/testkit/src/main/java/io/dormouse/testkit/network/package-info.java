/** A network between a client and a server that loses what it carries. Knows no protocol above TCP. */
package io.dormouse.testkit.network;
