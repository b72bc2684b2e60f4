/** One HTTP request leaving for the world on behalf of a session. Knows who asks and what for; never a secret. */
package io.dormouse.outbound;
