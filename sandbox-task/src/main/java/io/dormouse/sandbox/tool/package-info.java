/** What every tool shares: the fields of a call's input, its result, and the wish to stop it. Knows no particular tool. */
package io.dormouse.sandbox.tool;
