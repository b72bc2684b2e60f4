package io.dormouse.sandbox.egress;

import io.dormouse.sandbox.room.Outlet;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The variables by which programs find the proxy and trust the hand's authority: each program has its own. */
final class RoomVariables {
    /** A room's own servers are no business of the proxy's. */
    private static final String DIRECT = "localhost,127.0.0.1,::1";

    private RoomVariables() {}

    /** @param files the folder of {@link RoomFiles}, as the room calls it */
    static Map<String, String> of(Path files, int port) {
        String proxy = "http://127.0.0.1:" + port;
        String bundle = files.resolve(Outlet.BUNDLE).toString();
        Map<String, String> variables = new TreeMap<>();
        for (String name : new String[] {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"}) {
            variables.put(name, proxy);
        }
        variables.put("NO_PROXY", DIRECT);
        variables.put("no_proxy", DIRECT);
        for (String name : new String[] {
            "SSL_CERT_FILE", // OpenSSL, Go, Ruby
            "CURL_CA_BUNDLE",
            "GIT_SSL_CAINFO",
            "REQUESTS_CA_BUNDLE",
            "PIP_CERT",
            "CARGO_HTTP_CAINFO",
            "AWS_CA_BUNDLE",
            "npm_config_cafile"
        }) {
            variables.put(name, bundle);
        }
        variables.put(
                "NODE_EXTRA_CA_CERTS", files.resolve(RoomFiles.CERTIFICATE).toString());
        // Node 24 knows the proxy when told to; for those before, a small script sees to it.
        variables.put("NODE_USE_ENV_PROXY", "1");
        variables.put("NODE_OPTIONS", "--require=\"" + files.resolve(RoomFiles.NODE) + "\"");
        variables.put("APT_CONFIG", files.resolve(RoomFiles.APT).toString());
        variables.put(
                "JAVA_TOOL_OPTIONS",
                "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=" + port
                        + " -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort="
                        + port + " -Djavax.net.ssl.trustStoreType=PKCS12 \"-Djavax.net.ssl.trustStore="
                        + files.resolve(RoomFiles.TRUST_STORE) + "\"");
        return variables;
    }
}
