/**
 * The proxy as functions of AWS Lambda: puts its parts together on the account's stores, and does errands one at a time. The
 * only package of this module that sees the aws module. Decides nothing: that is the proxy's, and the safe's.
 */
package io.dormouse.proxy.function;
