/**
 * A session's log as a file that a person can keep, and the rules that every log keeps: {@code Export} writes the lines,
 * {@code ExportReader} reads them, {@code Verifier} says what is wrong with the entries and where. Knows no HTTP, no store
 * but the ports, and decides nothing: it only looks.
 */
package io.dormouse.verify;
