package io.dormouse.local;

import io.dormouse.proxy.ProxySettings;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.io.IOException;
import java.util.List;

/** {@code up} without arguments; {@code key …} and {@code verify …} as commands beside a running suite. */
@QuarkusMain
public final class Main {
    // Taken before the container starts, so that what a person got wrong is said in one line.
    private static Settings settings;
    private static Home home;
    private static ProxySettings way;

    private Main() {}

    public static void main(String... arguments) {
        if (arguments.length > 0 && arguments[0].equals("key")) {
            int status = KeyCommand.run(List.of(arguments).subList(1, arguments.length), System.getenv());
            System.exit(status);
        }
        if (arguments.length > 0 && arguments[0].equals("verify")) {
            int status = VerifyCommand.run(List.of(arguments).subList(1, arguments.length), System.getenv());
            System.exit(status);
        }
        try {
            settings = Settings.of(System.getenv());
            way = ProxySettings.of(System.getenv());
            home = Home.lock(settings.home());
        } catch (IllegalArgumentException | IllegalStateException | IOException e) {
            System.err.println("dormouse: " + e.getMessage());
            System.exit(1);
        }
        Quarkus.run(arguments);
    }

    static Settings settings() {
        return settings;
    }

    static ProxySettings way() {
        return way;
    }

    static Home home() {
        return home;
    }
}
