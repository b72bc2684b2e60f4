/**
 * The API as a function: a plain HTTP server, behind the AWS Lambda Web Adapter, whose ports are what the environment says.
 * Not a part of this module's library.
 */
package io.dormouse.serve;
