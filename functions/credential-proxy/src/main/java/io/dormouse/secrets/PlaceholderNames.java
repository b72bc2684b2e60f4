package io.dormouse.secrets;

import io.dormouse.id.CredentialId;
import io.dormouse.id.SessionId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What stands for a secret inside a sandbox. It follows from the session and the credential by a key of the store: the same
 * in every process and after every restart, another one in every session, and not to be guessed.
 */
final class PlaceholderNames {
    private static final String PREFIX = "dmph_";
    private static final int BYTES = 24;

    private final Secrets secrets;

    PlaceholderNames(Secrets secrets) {
        this.secrets = secrets;
    }

    /** Letters, digits and one underscore: it looks the same in a header, a URL, a form and JSON. */
    String of(SessionId session, CredentialId credential) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secrets.namingKey(), "HmacSHA256"));
            byte[] digest = mac.doFinal((session + "\n" + credential).getBytes(StandardCharsets.UTF_8));
            return PREFIX + HexFormat.of().formatHex(digest, 0, BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
