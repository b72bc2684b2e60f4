/** An emulator of DynamoDB and S3 for tests: moto, installed and started as a process. Knows no client of AWS. */
package io.dormouse.testkit.moto;
