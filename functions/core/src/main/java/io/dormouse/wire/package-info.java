/** The public wire format: events as views of the log, and errors. Knows no HTTP. */
package io.dormouse.wire;
