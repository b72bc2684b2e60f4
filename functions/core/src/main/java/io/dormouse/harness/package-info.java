/** The only loop: claim, fold, decide, perform, append, settle. Knows ports only. */
package io.dormouse.harness;
