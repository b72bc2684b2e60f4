/**
 * The deployment on AWS: one stack for each trust zone, what the zones may do to each other, and its parameters. Knows
 * the functions by their zips and their names only; what runs in them is no concern of its own.
 */
package io.dormouse.deployment;
