/** What one JVM needs in place of a cloud. Knows the ports of core; nothing in core knows it. */
package io.dormouse.local;
