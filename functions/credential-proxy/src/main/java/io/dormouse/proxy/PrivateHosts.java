package io.dormouse.proxy;

import io.dormouse.outbound.Host;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Single destinations outside of the public internet that an operator has opened. Their names are not looked up. */
public final class PrivateHosts {
    public static final PrivateHosts NONE = new PrivateHosts(Map.of());

    private final Map<Place, IpAddress> opened;

    private record Place(String host, int port) {}

    private PrivateHosts(Map<Place, IpAddress> opened) {
        this.opened = opened;
    }

    /**
     * @param text {@code name:port=address,…}
     * @throws IllegalArgumentException when it is not that, or an address is one that is never opened: link-local ones and
     *     those at which clouds hand out credentials
     */
    public static PrivateHosts parse(String text) {
        Map<Place, IpAddress> opened = new HashMap<>();
        for (String part : text.split(",")) {
            String item = part.trim();
            if (item.isEmpty()) continue;
            int equals = item.indexOf('=');
            String name = equals < 0 ? item : item.substring(0, equals);
            Optional<HttpUrl> url = HttpUrl.parse("http://" + name);
            Optional<IpAddress> address = equals < 0 ? Optional.empty() : IpAddress.parse(item.substring(equals + 1));
            if (url.isEmpty() || address.isEmpty() || !name.matches("[^/?]+:[0-9]+"))
                throw new IllegalArgumentException("DORMOUSE_PRIVATE_HOSTS: " + item + " is not name:port=address");
            if (!address.get().mayBeOpened())
                throw new IllegalArgumentException("DORMOUSE_PRIVATE_HOSTS: " + item + ": a "
                        + address.get().kind() + " address is never opened");
            opened.put(place(url.get()), address.get());
        }
        return new PrivateHosts(Map.copyOf(opened));
    }

    /** The address of exactly this host and port; null when it was not opened. */
    public IpAddress of(HttpUrl url) {
        return opened.get(place(url));
    }

    private static Place place(HttpUrl url) {
        Host host = url.host();
        return new Place(host.text(), url.port());
    }
}
