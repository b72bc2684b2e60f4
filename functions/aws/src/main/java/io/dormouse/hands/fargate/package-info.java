/**
 * Hands as tasks on Fargate: asked for by a record, started by an idempotent request or claimed from a warm pool, found again
 * by whoever comes next, stopped by a sweep. Must not know: sessions' logs, tools, how a supervisor is spoken to.
 */
package io.dormouse.hands.fargate;
