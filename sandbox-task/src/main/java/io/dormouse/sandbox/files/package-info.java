/**
 * The file tools (read, write, edit, glob, grep), run by a {@link io.dormouse.sandbox.files.Worker} inside a room,
 * and the supervisor's line to it. Must not know: HTTP, the journal, the shell.
 */
package io.dormouse.sandbox.files;
