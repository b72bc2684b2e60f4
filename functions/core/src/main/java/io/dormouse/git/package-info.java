/** Git repositories of a session. Knows where they are and where they are mounted; never a token. */
package io.dormouse.git;
