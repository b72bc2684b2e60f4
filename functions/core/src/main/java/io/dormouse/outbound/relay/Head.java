package io.dormouse.outbound.relay;

import io.dormouse.outbound.Outbound;
import java.util.List;

/** An answer without its body. @param credential the id of the credential that was used, or null */
public record Head(int status, List<Outbound.Header> headers, String credential) {}
