/**
 * The suite from outside: the packaged program as a process of its own, official clients over HTTP, kill -9. Knows nothing
 * of the suite's insides but the files of its data folder.
 */
package io.dormouse.local.e2e;
