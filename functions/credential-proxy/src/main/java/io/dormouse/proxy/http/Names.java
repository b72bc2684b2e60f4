package io.dormouse.proxy.http;

import io.dormouse.outbound.Host;
import io.dormouse.outbound.IpAddress;
import java.util.List;

/** Looks names up. Asked once for a request. */
public interface Names {
    /** All addresses that the name has now, best first; empty when there is no such name. @throws Failure in time */
    List<IpAddress> of(Host name) throws Failure;
}
