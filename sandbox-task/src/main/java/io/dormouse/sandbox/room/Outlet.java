package io.dormouse.sandbox.room;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The one way out of a room that has no network of its own: a folder with a socket, read-only inside, and the variables by
 * which programs find it. What goes through is not this package's affair.
 *
 * @param folder as it is called outside
 * @param variables for the shell's room
 * @param ready when all is there that a program needs
 */
public record Outlet(Path folder, Map<String, String> variables, CompletableFuture<Void> ready) {
    /** What the folder is called inside. */
    public static final String INSIDE = "/run/dormouse/egress";

    /** The name of the socket in it. */
    public static final String SOCKET = "proxy.sock";

    /** The name in it of the authorities that the room trusts. */
    public static final String BUNDLE = "ca-bundle.pem";

    /** Where systems keep theirs. */
    public static final List<String> SYSTEM_BUNDLES = List.of(
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
            "/etc/ssl/cert.pem");

    /** Of the loopback address inside: programs want a port, and no program knows a socket file as its proxy. */
    public static final int PORT = 3128;

    static final String SOCAT = "/usr/bin/socat";

    /**
     * Starts the relay from the port to the socket as a child of the room's first process, waits until it listens (the
     * kernel's table shows port 3128 as 0C38), and becomes the command.
     */
    private static final String RELAY = """
            ( "$1" -b 65536 -t 60 TCP-LISTEN:3128,bind=127.0.0.1,fork,reuseaddr,backlog=256 UNIX-CONNECT:"$2" \
                </dev/null >/dev/null 2>&1 & )
            for i in {1..200}; do
              [[ $(</proc/net/tcp) == *0100007F:0C38* ]] && break
              sleep 0.01
            done
            shift 2
            exec "$@"
            """;

    List<String> relayed(List<String> command) {
        return Commands.join(List.of("/bin/bash", "-c", RELAY, "relay", SOCAT, INSIDE + "/" + SOCKET), command);
    }
}
