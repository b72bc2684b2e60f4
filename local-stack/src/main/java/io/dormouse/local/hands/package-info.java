/**
 * Hands on this machine: one supervisor process and one folder each, found again after a restart of the suite.
 * Must not know: sessions, models, what a tool does.
 */
package io.dormouse.local.hands;
