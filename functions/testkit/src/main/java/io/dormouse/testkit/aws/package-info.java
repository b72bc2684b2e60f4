/** An emulator of AWS for the tests of modules that use it. Knows no client of AWS. */
package io.dormouse.testkit.aws;
