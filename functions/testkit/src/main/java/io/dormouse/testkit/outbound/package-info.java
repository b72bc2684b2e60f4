/** A way out without a proxy: for tests only, and not in any artefact that ships. */
package io.dormouse.testkit.outbound;
