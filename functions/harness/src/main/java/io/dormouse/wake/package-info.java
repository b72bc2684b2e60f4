/**
 * The harness as a Lambda function: its events, and its ports from what the environment says. Decides nothing that another
 * owner of a harness would not decide the same way. Not a part of this module's library.
 */
package io.dormouse.wake;
