/**
 * As much of ECS as hands on Fargate use, over HTTP, with tasks that are processes of this machine, each on a loopback
 * address of its own. Fails as it is told to. Knows nothing of who asks.
 */
package io.dormouse.testkit.ecs;
