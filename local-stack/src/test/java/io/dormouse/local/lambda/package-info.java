/** The suite in the shape that it has on AWS: functions as they are deployed, on emulators. For tests, and for a look. */
package io.dormouse.local.lambda;
