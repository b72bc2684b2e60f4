/**
 * The ports of storage on one SQLite file and a folder. One writer thread commits whatever was asked for meanwhile in one
 * transaction, so that durability costs one flush for many. Knows the stored records; no rule about what is in them.
 */
package io.dormouse.local.sqlite;
