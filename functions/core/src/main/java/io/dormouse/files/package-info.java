/**
 * Files: what they are, how their content is kept, pinned by sessions, and erased when nobody has it any more. Knows the
 * stores. Must not know how files come in or go out, nor what a sandbox is.
 */
package io.dormouse.files;
