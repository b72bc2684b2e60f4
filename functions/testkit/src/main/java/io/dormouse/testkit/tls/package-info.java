/** Certificates for servers of tests. Must not know: who serves what with them. */
package io.dormouse.testkit.tls;
