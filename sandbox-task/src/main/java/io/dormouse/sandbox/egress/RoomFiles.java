package io.dormouse.sandbox.egress;

import io.dormouse.sandbox.room.Outlet;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Security;
import java.security.cert.X509Certificate;

/** What rooms read: the hand's certificate in the forms that programs want, and settings of those that know no variable. */
final class RoomFiles {
    static final String CERTIFICATE = "ca.pem";

    /** For Java. It holds the hand's authority alone: no other certificate is ever seen inside. */
    static final String TRUST_STORE = "truststore.p12";

    static final String APT = "apt.conf";
    static final String NODE = "proxy.cjs";

    private final Path folder;
    private final Path inside;

    /** @param inside what rooms call the folder */
    RoomFiles(Path folder, Path inside) {
        this.folder = folder;
        this.inside = inside;
    }

    /** Makes the folder, with what rooms are bound to by name: a room that starts before the rest is there sees it come. */
    void prepare() throws IOException {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        write(Outlet.BUNDLE, new byte[0]);
    }

    void write(X509Certificate certificate) throws IOException {
        try {
            String own = Authority.pem(certificate);
            write(CERTIFICATE, own.getBytes(StandardCharsets.US_ASCII));
            Path bundle = folder.resolve(Outlet.BUNDLE);
            try (OutputStream out = Files.newOutputStream(bundle)) {
                out.write(own.getBytes(StandardCharsets.US_ASCII));
                for (Path system : Outlet.SYSTEM_BUNDLES.stream().map(Path::of).toList()) {
                    if (Files.isReadable(system)) {
                        Files.copy(system, out);
                        break;
                    }
                }
            }
            readable(bundle);
            Path store = folder.resolve(TRUST_STORE);
            try (OutputStream out = Files.newOutputStream(store)) {
                trustStore(certificate).store(out, null);
            }
            readable(store);
        } catch (GeneralSecurityException impossible) {
            throw new IOException("cannot write the certificates of a room", impossible);
        }
        // A room has no further settings of apt's, and apt would warn of that.
        String apt =
                "Acquire::https::CAInfo \"" + inside.resolve(Outlet.BUNDLE) + "\";\nDir::Etc::Parts \"/dev/null\";\n";
        write(APT, apt.getBytes(StandardCharsets.US_ASCII));
        try (InputStream script = RoomFiles.class.getResourceAsStream(NODE)) {
            write(NODE, script.readAllBytes());
        }
    }

    /** There is nothing to hide in it, and a store without a password is one that every program opens. */
    private static KeyStore trustStore(X509Certificate certificate) throws GeneralSecurityException, IOException {
        Security.setProperty("keystore.pkcs12.certProtectionAlgorithm", "NONE");
        Security.setProperty("keystore.pkcs12.macAlgorithm", "NONE");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("hand", certificate);
        return store;
    }

    private void write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.write(file, content);
        readable(file);
    }

    private static void readable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
}
