package io.dormouse.proxy.http;

import io.dormouse.outbound.Outbound.Header;
import java.io.InputStream;
import java.util.List;

/** @param body streams; throws a {@link Failure} where it breaks off. Closing it ends the connection */
public record Answer(int status, List<Header> headers, InputStream body) {}
