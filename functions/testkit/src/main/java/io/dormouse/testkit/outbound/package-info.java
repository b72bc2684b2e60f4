/** An outbound port that reaches loopback servers only, for tests of everything that sends requests. Knows no policy and no credential. */
package io.dormouse.testkit.outbound;
