package io.dormouse.outbound.relay;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.vault.NewSecret;
import io.dormouse.vault.Safe;
import io.dormouse.vault.SecretPart;
import io.dormouse.vault.Validation;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** A call of {@link Safe}, as JSON. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "call")
@JsonSubTypes({
    @JsonSubTypes.Type(value = SafeCall.Store.class, name = "store"),
    @JsonSubTypes.Type(value = SafeCall.Rotate.class, name = "rotate"),
    @JsonSubTypes.Type(value = SafeCall.Settle.class, name = "settle"),
    @JsonSubTypes.Type(value = SafeCall.ForgetRevision.class, name = "forget_revision"),
    @JsonSubTypes.Type(value = SafeCall.ForgetCredential.class, name = "forget_credential"),
    @JsonSubTypes.Type(value = SafeCall.ForgetVault.class, name = "forget_vault"),
    @JsonSubTypes.Type(value = SafeCall.Validate.class, name = "validate"),
})
public sealed interface SafeCall {
    record Store(VaultId vault, CredentialId credential, String revision, Handed secret) implements SafeCall {}

    record Rotate(VaultId vault, CredentialId credential, String from, String to, Handed changes) implements SafeCall {}

    record Settle(WorkspaceId workspace, VaultId vault, CredentialId credential, String replaced) implements SafeCall {}

    record ForgetRevision(VaultId vault, CredentialId credential, String revision) implements SafeCall {}

    record ForgetCredential(VaultId vault, CredentialId credential) implements SafeCall {}

    record ForgetVault(VaultId vault) implements SafeCall {}

    record Validate(WorkspaceId workspace, VaultId vault, CredentialId credential) implements SafeCall {}

    /** Makes the call. What it gave is read by {@link #kept} or {@link #validation}. */
    default JsonNode on(Safe safe) {
        return switch (this) {
            case Store c -> told(safe.store(c.vault, c.credential, c.revision, c.secret.unwrapped()));
            case Rotate c -> told(safe.rotate(c.vault, c.credential, c.from, c.to, c.changes.unwrapped()));
            case Settle c -> told(safe.settle(c.workspace, c.vault, c.credential, c.replaced));
            case ForgetRevision c -> {
                safe.forget(c.vault, c.credential, c.revision);
                yield told(new Safe.Kept.Done());
            }
            case ForgetCredential c -> {
                safe.forget(c.vault, c.credential);
                yield told(new Safe.Kept.Done());
            }
            case ForgetVault c -> {
                safe.forget(c.vault);
                yield told(new Safe.Kept.Done());
            }
            case Validate c -> Json.MAPPER.valueToTree(safe.validate(c.workspace, c.vault, c.credential));
        };
    }

    private static ObjectNode told(Safe.Kept kept) {
        return switch (kept) {
            case Safe.Kept.Done d -> Json.object().put("kept", "done");
            case Safe.Kept.Gone g -> Json.object().put("kept", "gone");
            case Safe.Kept.Full full -> Json.object().put("kept", "full").put("max_bytes", full.maxBytes());
        };
    }

    static Safe.Kept kept(JsonNode result) {
        String kept = result.path("kept").asText();
        return switch (kept) {
            case "done" -> new Safe.Kept.Done();
            case "gone" -> new Safe.Kept.Gone();
            case "full" -> new Safe.Kept.Full(result.path("max_bytes").asInt());
            default -> throw new IllegalStateException("not a result of the safe: " + kept);
        };
    }

    static Validation validation(JsonNode result) {
        return Json.read(Json.bytes(result), Validation.class);
    }

    /**
     * A {@link NewSecret} on its way to the proxy.
     *
     * @param parts by their names on the wire
     * @param expires whether it was said since when it is of no use
     */
    record Handed(Map<String, String> parts, boolean expires, Instant expiresAt) {
        public static Handed of(NewSecret secret) {
            Map<String, String> parts = new TreeMap<>();
            secret.forEach((part, text) -> parts.put(part.wireName(), text));
            return secret.expiry()
                    .map(at -> new Handed(parts, true, at.orElse(null)))
                    .orElseGet(() -> new Handed(parts, false, null));
        }

        private NewSecret unwrapped() {
            Map<SecretPart, String> known = new EnumMap<>(SecretPart.class);
            parts.forEach((name, text) -> known.put(SecretPart.of(name).orElseThrow(), text));
            NewSecret secret = NewSecret.of(known);
            return expires ? secret.expiring(expiresAt) : secret;
        }

        /** Which parts there are, and nothing of them. */
        @Override
        public String toString() {
            return "Handed" + parts.keySet();
        }
    }
}
