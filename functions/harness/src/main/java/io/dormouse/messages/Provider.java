package io.dormouse.messages;

import io.dormouse.aws.SigV4;
import java.net.URI;
import java.util.Map;
import java.util.Optional;

/**
 * Who is behind the Messages API.
 *
 * @param base what stands before {@code /v1/messages}, for example {@code https://api.anthropic.com}; without a slash at its end
 */
public record Provider(URI base, Signing signing, ModelIds ids) {
    public Provider {
        base = URI.create(base.toString().replaceAll("/+$", ""));
    }

    /** One that calls models as the Messages API does. */
    public static Provider of(URI base, Signing signing) {
        return new Provider(base, signing, ModelIds.PLAIN);
    }

    /**
     * {@code DORMOUSE_MODEL_SIGNING}: {@code bedrock-mantle} or {@code bedrock} for Amazon Bedrock, as the role or user that
     * AWS's own variables name, in their region; {@code none} for a server that asks for no key. {@code DORMOUSE_MODEL_URL}
     * says where, with or without {@code /v1} at its end; Bedrock has an address of its own without it. Empty without the first.
     *
     * @throws IllegalArgumentException that names the variable
     */
    public static Optional<Provider> of(Map<String, String> environment) {
        String signing = environment.getOrDefault("DORMOUSE_MODEL_SIGNING", "").trim();
        String url = environment.getOrDefault("DORMOUSE_MODEL_URL", "").trim();
        return switch (signing) {
            case "" -> Optional.empty();
            case "bedrock-mantle" -> {
                SigV4 signature = signature(signing, environment);
                URI own = URI.create("https://bedrock-mantle." + signature.region() + ".api.aws/anthropic");
                yield Optional.of(new Provider(base(url, own), new Signing.Aws(signature), ModelIds.BEDROCK_MANTLE));
            }
            case "bedrock" -> {
                SigV4 signature = signature(signing, environment);
                URI own = URI.create("https://bedrock-runtime." + signature.region() + ".amazonaws.com/anthropic");
                yield Optional.of(new Provider(base(url, own), new Signing.Aws(signature), ModelIds.BEDROCK));
            }
            case "none" -> {
                if (url.isEmpty()) throw new IllegalArgumentException("DORMOUSE_MODEL_URL is not set");
                yield Optional.of(of(base(url, null), new Signing.Unsigned()));
            }
            default ->
                throw new IllegalArgumentException("DORMOUSE_MODEL_SIGNING must be bedrock-mantle, bedrock or none");
        };
    }

    private static SigV4 signature(String service, Map<String, String> environment) {
        try {
            return SigV4.of(service, environment);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("DORMOUSE_MODEL_SIGNING=" + service + ": " + e.getMessage());
        }
    }

    private static URI base(String url, URI own) {
        if (url.isEmpty()) return own;
        try {
            URI base = URI.create(url.replaceFirst("/+$", "").replaceFirst("/v1$", ""));
            if (("http".equals(base.getScheme()) || "https".equals(base.getScheme())) && base.getHost() != null)
                return base;
        } catch (IllegalArgumentException e) {
            // Refused below.
        }
        throw new IllegalArgumentException("DORMOUSE_MODEL_URL must be an http or https URL");
    }
}
