package io.dormouse.wake;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.HexFormat;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS as the clients of a brain do it, the SDK's and the model's, with a server of this process. Its key is of this one moment,
 * and so is its certificate, which nobody else trusts.
 */
final class Handshakes {
    private static final byte[] ADDRESS = {127, 0, 0, 1};
    private static final String PASSWORD = "priming";
    /** SHA-256 with RSA, as most of AWS's certificates are signed. */
    private static final byte[] SIGNED = HexFormat.of().parseHex("300d06092a864886f70d01010b0500");

    private static final byte[] COMMON_NAME = HexFormat.of().parseHex("0603550403");
    private static final byte[] ALTERNATIVE_NAME = HexFormat.of().parseHex("0603551d11");

    private Handshakes() {}

    static void run() throws IOException, GeneralSecurityException, InterruptedException {
        SSLContext known = context();
        var sockets = known.getServerSocketFactory();
        try (Loopback server = new Loopback(sockets.createServerSocket(0, 0, InetAddress.getByAddress(ADDRESS)))) {
            URI address = URI.create("https://127.0.0.1:" + server.address().getPort());
            get(HttpClient.newBuilder().sslContext(known), address);
            HttpsURLConnection connection = (HttpsURLConnection) address.toURL().openConnection();
            connection.setSSLSocketFactory(known.getSocketFactory());
            connection.getInputStream().close();
            // Whom the others trust they have to look up, too.
            refused(address);
        }
    }

    private static void refused(URI address) throws IOException, InterruptedException {
        try {
            get(HttpClient.newBuilder(), address);
        } catch (SSLHandshakeException e) {
            return;
        }
        throw new IOException("a certificate of nobody was taken for good");
    }

    private static void get(HttpClient.Builder builder, URI address) throws IOException, InterruptedException {
        HttpClient client = builder.version(HttpClient.Version.HTTP_1_1).build();
        try {
            client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.discarding());
        } finally {
            client.shutdownNow();
        }
    }

    /** Of a server, and of clients that trust it and nobody else. */
    private static SSLContext context() throws IOException, GeneralSecurityException {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
        keys.initialize(2048);
        KeyPair pair = keys.generateKeyPair();
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate certificate = certificate(pair);
        store.setKeyEntry("server", pair.getPrivate(), PASSWORD.toCharArray(), new Certificate[] {certificate});
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate);
        KeyManagerFactory server = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        server.init(store, PASSWORD.toCharArray());
        TrustManagerFactory clients = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        clients.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(server.getKeyManagers(), clients.getTrustManagers(), null);
        return context;
    }

    /** Signed by itself, for {@code 127.0.0.1}. */
    private static Certificate certificate(KeyPair pair) throws GeneralSecurityException {
        byte[] name = der(0x30, der(0x31, der(0x30, COMMON_NAME, text(0x0c, "priming"))));
        byte[] told = der(
                0x30,
                der(0xa0, der(0x02, new byte[] {2})),
                der(0x02, new byte[] {1}),
                SIGNED,
                name,
                der(0x30, text(0x17, "200101000000Z"), text(0x18, "20991231235959Z")),
                name,
                pair.getPublic().getEncoded(),
                der(0xa3, der(0x30, der(0x30, ALTERNATIVE_NAME, der(0x04, der(0x30, der(0x87, ADDRESS)))))));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(pair.getPrivate());
        signature.update(told);
        byte[] whole = der(0x30, told, SIGNED, der(0x03, new byte[1], signature.sign()));
        return CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] text(int tag, String text) {
        return der(tag, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** A tag, the length of the parts, and the parts. */
    private static byte[] der(int tag, byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) length += part.length;
        var all = new java.io.ByteArrayOutputStream();
        all.write(tag);
        if (length > 0xff) all.writeBytes(new byte[] {(byte) 0x82, (byte) (length >> 8)});
        else if (length > 0x7f) all.write(0x81);
        all.write(length);
        for (byte[] part : parts) all.writeBytes(part);
        return all.toByteArray();
    }
}
