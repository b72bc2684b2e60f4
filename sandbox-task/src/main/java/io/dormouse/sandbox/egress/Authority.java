package io.dormouse.sandbox.egress;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The hand's own certificate authority. Its key is made at the start, never leaves this process's memory and ends with
 * it: not on disk, not in a room. So is the one key that all its certificates are for.
 */
final class Authority {
    private static final Duration LIFE = Duration.ofDays(3650);
    private static final Duration LEAF_LIFE = Duration.ofDays(90);
    private static final Duration RENEWED_AFTER = Duration.ofDays(30);
    private static final int MOST_KEPT = 256;
    /** An IPv4 address as everybody writes it. */
    private static final Pattern ADDRESS =
            Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\\.(?!$)|$)){4}");

    private static final byte[] ECDSA_WITH_SHA256 = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));

    private record Kept(SSLContext context, Instant made) {}

    private final SecureRandom random = new SecureRandom();
    private final InstantSource clock;
    private final KeyPair own;
    private final KeyPair leaf;
    private final byte[] name;
    private final X509Certificate certificate;

    @SuppressWarnings("serial") // never written
    private final Map<String, Kept> contexts = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
            return size() > MOST_KEPT;
        }
    };

    private Authority(String hand, InstantSource clock) throws GeneralSecurityException {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
        keys.initialize(new ECGenParameterSpec("secp256r1"), random);
        this.clock = clock;
        this.own = keys.generateKeyPair();
        this.leaf = keys.generateKeyPair();
        this.name = commonName("Dormouse " + hand);
        this.certificate = sign(name, own.getPublic(), LIFE, authorityExtensions());
    }

    static Authority of(String hand, InstantSource clock) {
        try {
            return new Authority(hand, clock);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible); // every JDK has EC and SHA-256
        }
    }

    /** What rooms trust. */
    X509Certificate certificate() {
        return certificate;
    }

    /** To answer as {@code host}: a name, or an address without brackets. */
    synchronized SSLContext contextFor(String host) throws IOException {
        Kept kept = contexts.get(host);
        if (kept == null || kept.made().plus(RENEWED_AFTER).isBefore(clock.instant())) {
            kept = new Kept(context(host), clock.instant());
            contexts.put(host, kept);
        }
        return kept.context();
    }

    private SSLContext context(String host) throws IOException {
        try {
            X509Certificate[] chain = {certificateFor(host), certificate};
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("host", leaf.getPrivate(), new char[0], chain);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, random);
            return context;
        } catch (GeneralSecurityException failed) {
            throw new IOException("no certificate for this host", failed);
        }
    }

    X509Certificate certificateFor(String host) throws GeneralSecurityException, IOException {
        // A common name has at most 64 characters; only the alternative name counts anyway.
        byte[] subject = commonName(host.length() <= 64 ? host : "host");
        return sign(subject, leaf.getPublic(), LEAF_LIFE, leafExtensions(host));
    }

    private X509Certificate sign(byte[] subject, PublicKey key, Duration life, byte[] extensions)
            throws GeneralSecurityException {
        Instant now = clock.instant();
        // From yesterday on: clocks inside and outside are the same, but some programs compare in local time.
        byte[] validity = Der.sequence(Der.time(now.minus(Duration.ofDays(1))), Der.time(now.plus(life)));
        byte[] content = Der.sequence(
                Der.explicit(0, Der.integer(BigInteger.TWO)), // version 3
                Der.integer(new BigInteger(127, random).setBit(126)),
                ECDSA_WITH_SHA256,
                name,
                validity,
                subject,
                key.getEncoded(),
                Der.explicit(3, extensions));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        PrivateKey signer = own.getPrivate();
        signature.initSign(signer, random);
        signature.update(content);
        byte[] encoded = Der.sequence(content, ECDSA_WITH_SHA256, Der.bits(signature.sign(), 0));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
    }

    private byte[] authorityExtensions() throws GeneralSecurityException {
        return Der.sequence(
                extension("2.5.29.19", true, Der.sequence(Der.bool(true), Der.integer(BigInteger.ZERO))),
                extension("2.5.29.15", true, Der.bits(new byte[] {0x06}, 1)), // keyCertSign, cRLSign
                extension("2.5.29.14", false, Der.octets(keyId(own.getPublic()))));
    }

    private byte[] leafExtensions(String host) throws GeneralSecurityException, IOException {
        byte[] server = Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"));
        return Der.sequence(
                extension("2.5.29.19", true, Der.sequence()),
                extension("2.5.29.15", true, Der.bits(new byte[] {(byte) 0x80}, 7)), // digitalSignature
                extension("2.5.29.37", false, server),
                extension("2.5.29.17", false, Der.sequence(alternativeName(host))),
                extension("2.5.29.14", false, Der.octets(keyId(leaf.getPublic()))),
                extension("2.5.29.35", false, Der.sequence(Der.implicit(0, keyId(own.getPublic())))));
    }

    private static byte[] alternativeName(String host) throws IOException {
        return host.indexOf(':') >= 0 || ADDRESS.matcher(host).matches()
                ? Der.implicit(7, InetAddress.getByName(host).getAddress()) // a literal: nothing is looked up
                : Der.implicit(2, host.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] extension(String oid, boolean critical, byte[] content) {
        return critical
                ? Der.sequence(Der.oid(oid), Der.bool(true), Der.octets(content))
                : Der.sequence(Der.oid(oid), Der.octets(content));
    }

    private static byte[] commonName(String text) {
        return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.utf8(text))));
    }

    private static byte[] keyId(PublicKey key) throws GeneralSecurityException {
        return MessageDigest.getInstance("SHA-1").digest(key.getEncoded()); // a name, not a protection
    }

    /** In the form that programs read. */
    static String pem(Certificate certificate) throws GeneralSecurityException {
        String base64 = java.util.Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(certificate.getEncoded());
        return "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
    }
}
