package io.dormouse.proxy;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.IpAddress;
import io.dormouse.outbound.Refusal;
import io.dormouse.proxy.http.Failure;
import io.dormouse.proxy.http.Names;
import java.util.List;

/** What addresses a URL's host stands for at this moment: looked up once, all of them checked, and dialled as they are. */
record Destinations(Names names, PrivateHosts opened) {
    List<IpAddress> of(HttpUrl url) throws Failure {
        IpAddress own = opened.of(url);
        if (own != null) return List.of(own);
        List<IpAddress> addresses = url.host().isAddress() ? List.of(url.host().address()) : names.of(url.host());
        if (addresses.isEmpty()) throw new Failure(Refusal.NAME_NOT_FOUND, "there is no host " + url.host());
        // One that is not public among others is reason enough: a good one is not picked out of an attack. Which one it
        // is
        // would tell a stranger about a network that is not his.
        if (!addresses.stream().allMatch(IpAddress::isPublic))
            throw new Failure(Refusal.DESTINATION_DENIED, url.host() + " is not on the public internet");
        return addresses;
    }
}
