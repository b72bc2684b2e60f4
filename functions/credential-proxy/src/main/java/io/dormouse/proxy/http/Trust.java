package io.dormouse.proxy.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Whose certificates are believed. */
public final class Trust {
    private Trust() {}

    /**
     * The JDK's own authorities, and those of a PEM file.
     *
     * @param extra null for none
     * @throws IllegalArgumentException when the file cannot be read or has no certificate
     */
    public static SSLSocketFactory with(Path extra) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int number = 0;
            for (TrustManager manager : managers(null))
                if (manager instanceof X509TrustManager x509)
                    for (X509Certificate known : x509.getAcceptedIssuers())
                        store.setCertificateEntry("known-" + number++, known);
            if (extra != null)
                for (Certificate more : certificates(extra)) store.setCertificateEntry("extra-" + number++, more);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, managers(store), null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws IllegalArgumentException as {@link #with} does */
    public static Path readable(Path file) {
        certificates(file);
        return file;
    }

    private static TrustManager[] managers(KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static Iterable<? extends Certificate> certificates(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            var found = CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (found.isEmpty())
                throw new IllegalArgumentException("DORMOUSE_EXTRA_CA: " + file + " has no certificate");
            return found;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "DORMOUSE_EXTRA_CA: " + file + " is not a readable PEM file with certificates", e);
        }
    }
}
