/**
 * Files: what they are, how their content is kept, pinned by sessions, and erased when nobody has it any more. Knows the
 * stores, and the port of what a sandbox has. Must not know how files come in or go out over HTTP, nor any sandbox.
 */
package io.dormouse.files;
