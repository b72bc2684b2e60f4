/**
 * What every store must keep to, as JUnit suites: a backend's test is a subclass that hands out an empty store.
 * Know the ports only. Indexes may be eventually consistent where the port says so.
 */
package io.dormouse.testkit.contract;
