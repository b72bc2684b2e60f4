package io.dormouse.local.hands;

import java.io.IOException;

/** Whether rooms can be built on this machine. On CI they can, or tests fail. */
public final class Walls {
    private Walls() {}

    public static boolean stand() {
        if (System.getenv("CI") != null) return true;
        try {
            return new ProcessBuilder("bwrap", "--unshare-all", "--ro-bind", "/", "/", "true")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
