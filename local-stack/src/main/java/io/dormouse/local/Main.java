package io.dormouse.local;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.List;

/** {@code up} without arguments; {@code key …} as a command beside a running suite. */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... arguments) {
        if (arguments.length > 0 && arguments[0].equals("key")) {
            int status = KeyCommand.run(List.of(arguments).subList(1, arguments.length), System.getenv());
            System.exit(status);
        }
        Quarkus.run(arguments);
    }
}
