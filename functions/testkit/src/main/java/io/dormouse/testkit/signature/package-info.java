/** Checks requests' signatures as AWS does, by its published rules and without its SDK. */
package io.dormouse.testkit.signature;
