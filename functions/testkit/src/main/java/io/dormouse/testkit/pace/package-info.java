/** Time for tests. Knows nothing of what is timed. */
package io.dormouse.testkit.pace;
