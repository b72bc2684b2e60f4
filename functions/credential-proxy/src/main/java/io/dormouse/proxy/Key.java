package io.dormouse.proxy;

import io.dormouse.id.CredentialId;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.HttpUrl;
import java.util.List;

/** A credential that a session may use: its secret, and where that may go. */
public sealed interface Key {
    CredentialId id();

    Secret secret();

    /**
     * Stands in the sandbox as a placeholder, which a request may carry to where the secret shall be.
     *
     * @param anyHost whether every host that the environment allows is meant; {@code hosts} does not count then
     */
    record Variable(
            CredentialId id,
            String placeholder,
            List<HostRule> hosts,
            boolean anyHost,
            boolean inHeader,
            boolean inBody,
            Secret secret)
            implements Key {}

    /** For calls of this MCP server, which the harness makes, and for nothing else. */
    record Bearer(CredentialId id, HttpUrl server, Secret secret) implements Key {}

    /** For git, below this repository's path and nowhere else. */
    record Repository(CredentialId id, HttpUrl repository, Secret secret) implements Key {}
}
