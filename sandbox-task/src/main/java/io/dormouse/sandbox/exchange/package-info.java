/**
 * Files that go in before calls and come out after them: the folder of uploads, which agent code can only read, and the
 * folder of outputs, which is looked at from inside a room. Must not know: HTTP, the journal, tools.
 */
package io.dormouse.sandbox.exchange;
