/**
 * The credential proxy: decides where a session's request may go, gives it the credential that it names, and hides that
 * again in what comes back. The only code that sees a secret. Knows no log, no head and no store: it asks a {@link Keyring}.
 */
package io.dormouse.proxy;
