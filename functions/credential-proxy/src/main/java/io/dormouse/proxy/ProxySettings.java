package io.dormouse.proxy;

import io.dormouse.proxy.http.Limits;
import io.dormouse.proxy.http.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What an operator says about the way out.
 *
 * @param extraAuthorities a PEM file of authorities that are trusted besides the JDK's own; null for none
 */
public record ProxySettings(PrivateHosts opened, Path extraAuthorities, Limits limits) {
    /**
     * {@code DORMOUSE_PRIVATE_HOSTS} and {@code DORMOUSE_EXTRA_CA}.
     *
     * @throws IllegalArgumentException that names the variable
     */
    public static ProxySettings of(Map<String, String> environment) {
        String hosts = environment.getOrDefault("DORMOUSE_PRIVATE_HOSTS", "").trim();
        String authorities = environment.getOrDefault("DORMOUSE_EXTRA_CA", "").trim();
        return new ProxySettings(
                PrivateHosts.parse(hosts),
                authorities.isEmpty() ? null : Trust.readable(Path.of(authorities)),
                Limits.DEFAULT);
    }

    /** The same, with less time for a request. */
    public ProxySettings within(Duration total) {
        return new ProxySettings(opened, extraAuthorities, limits.within(total));
    }
}
