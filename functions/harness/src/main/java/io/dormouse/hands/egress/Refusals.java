package io.dormouse.hands.egress;

import java.util.regex.Pattern;

/** What a refusal is to a program. */
final class Refusals {
    private static final Pattern LATE = Pattern.compile("time(d_)?out|deadline");
    private static final Pattern NETWORK = Pattern.compile(
            "unreachable|unresolved|resolve|lookup|dns|connect|tls|certificate|network|upstream|broken|outbound_failed");

    private Refusals() {}

    /** 504 and 502 for what a network can do, by the words of the reason; everything else is policy, 403. */
    static int status(String reason) {
        if (LATE.matcher(reason).find()) return 504;
        return NETWORK.matcher(reason).find() ? 502 : 403;
    }
}
