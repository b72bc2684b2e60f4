/**
 * The ports of storage on DynamoDB and S3: one table, conditional writes, strong reads. Knows the stored records; no rule
 * about what is in them, and nothing of secrets.
 */
package io.dormouse.aws;
