/**
 * The model adapter: the Messages API over HTTP, with its signing, timeouts and failures. Knows no session, no log and no
 * retry: the harness decides what a failure means.
 */
package io.dormouse.messages;
