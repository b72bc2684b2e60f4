/**
 * Files that go in before calls and come out after them: the folder of uploads, which agent code can only read, the folder of
 * outputs, which is looked at from inside a room, and all that a hand keeps, as one archive. Must not know: HTTP, the journal,
 * tools.
 */
package io.dormouse.sandbox.exchange;
