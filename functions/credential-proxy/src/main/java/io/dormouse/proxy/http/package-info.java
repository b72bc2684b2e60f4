/**
 * HTTP/1.1 over one socket that was dialled to a given address, with TLS for a given name: strict, streaming both ways, every
 * time and size bounded. Knows no session, no policy and no secret.
 */
package io.dormouse.proxy.http;
