package io.dormouse.testkit.signature;

import io.dormouse.id.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One identity, and whether a request is signed by it for one service (AWS, "Create a signed AWS API request"). Everything is
 * computed anew from what arrived.
 *
 * @param token of temporary credentials; null for others
 */
public record SignatureCheck(String keyId, String secret, String token, String region, String service) {
    private static final Pattern AUTHORIZATION = Pattern.compile(
            "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})");

    /**
     * @param target path and query as sent; only a path is understood
     * @param header of the request by its name in lower case, or null
     * @return what is wrong; empty when the signature is right
     */
    public Optional<String> flaw(String method, String target, UnaryOperator<String> header, byte[] body) {
        String authorization = header.apply("authorization");
        if (authorization == null) return Optional.of("not signed");
        Matcher parts = AUTHORIZATION.matcher(authorization);
        if (!parts.matches()) return Optional.of("no signature of this kind: " + authorization);
        String date = parts.group(2);
        if (!parts.group(1).equals(keyId)) return Optional.of("signed by another: " + parts.group(1));
        if (!parts.group(3).equals(region)) return Optional.of("signed for another region: " + parts.group(3));
        if (!parts.group(4).equals(service)) return Optional.of("signed for another service: " + parts.group(4));
        String time = header.apply("x-amz-date");
        if (time == null || !time.startsWith(date)) return Optional.of("signed at another time: " + time);
        List<String> names = Arrays.asList(parts.group(5).split(";"));
        List<String> needed = new ArrayList<>(List.of("host", "x-amz-date"));
        if (header.apply("content-type") != null) needed.add("content-type");
        if (token != null) needed.add("x-amz-security-token");
        if (!names.containsAll(needed)) return Optional.of("signs too little: " + names);
        if (token != null && !token.equals(header.apply("x-amz-security-token"))) return Optional.of("another token");
        String hash = Sha256.hex(body);
        String told = header.apply("x-amz-content-sha256");
        if (told != null && !told.equals(hash)) return Optional.of("another body");

        StringBuilder canonical = new StringBuilder(method + "\n" + encoded(target) + "\n\n");
        for (String name : names)
            canonical
                    .append(name)
                    .append(':')
                    .append(header.apply(name).strip().replaceAll(" +", " "))
                    .append('\n');
        canonical.append('\n').append(parts.group(5)).append('\n').append(hash);
        String scope = date + "/" + region + "/" + service + "/aws4_request";
        String toSign = "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + Sha256.hex(canonical.toString());
        byte[] key = bytes("AWS4" + secret);
        for (String step : List.of(date, region, service, "aws4_request")) key = hmac(key, step);
        String right = hex(hmac(key, toSign));
        return right.equals(parts.group(6)) ? Optional.empty() : Optional.of("the signature is wrong");
    }

    /** A path as it is signed: what is encoded in it is encoded once more. */
    private static String encoded(String path) {
        StringBuilder encoded = new StringBuilder();
        for (char c : path.toCharArray())
            encoded.append(
                    Character.isLetterOrDigit(c) || "-._~/".indexOf(c) >= 0
                            ? String.valueOf(c)
                            : "%%%02X".formatted((int) c));
        return encoded.toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(bytes(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
