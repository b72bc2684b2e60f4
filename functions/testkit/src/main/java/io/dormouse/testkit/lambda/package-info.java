/** AWS Lambda on this machine: functions as they are deployed, each in a process of its own. Knows nothing of what they do. */
package io.dormouse.testkit.lambda;
