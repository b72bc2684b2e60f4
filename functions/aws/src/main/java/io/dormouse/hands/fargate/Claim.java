package io.dormouse.hands.fargate;

import io.dormouse.hands.HandId;
import io.dormouse.id.SessionId;
import java.time.Instant;

/**
 * Says for good what a spare task was used for. Of each token there is at most one, for as long as its task lives: a spare is
 * used once, if at all. A stored name is a promise: names and fields are only ever added.
 *
 * @param token of the spare's intent
 * @param task its ARN
 * @param hand that it was to become; null for one that was to end, as are session and epoch then
 */
public record Claim(String token, String task, HandId hand, SessionId session, Long epoch, Instant at) {}
