package io.dormouse.outbound;

import io.dormouse.id.CredentialId;
import io.dormouse.id.EventId;

/**
 * That a credential left for a host, for the log. Never what it is.
 *
 * @param path its class, not its text: see {@link PathClass}
 * @param status of the answer; 0 when none came, though the credential may have left
 * @param bytes of the answer's body that were passed on
 * @param call the tool call on whose behalf, or null
 */
public record CredentialUse(
        CredentialId credential, String host, String method, String path, int status, long bytes, EventId call) {}
