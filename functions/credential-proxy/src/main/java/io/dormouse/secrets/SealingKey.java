package io.dormouse.secrets;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Seals bytes with AES-256-GCM, bound to what they are about. Is read once from its file, and never printed. */
final class SealingKey {
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final byte[] root;
    private final SecretKeySpec sealing;

    private SealingKey(byte[] root) {
        this.root = root;
        this.sealing = new SecretKeySpec(derived("sealing"), "AES");
    }

    static SealingKey open(PrivateFolder folder, SecureRandom random) throws IOException {
        Path file = folder.path().resolve("key");
        byte[] root = folder.locked(() -> {
            if (!Files.exists(file)) {
                if (folder.holdsVaults())
                    throw new IllegalStateException("there are secrets in " + folder.path()
                            + ", and their key is missing: bring the file back, or move the secrets away");
                byte[] fresh = new byte[KEY_BYTES];
                random.nextBytes(fresh);
                folder.write(file, fresh);
            }
            if (folder.exposed(file))
                throw new IllegalStateException(
                        file + " can be read by others than its owner; make it 0600, and rotate what it protects");
            return Files.readAllBytes(file);
        });
        if (root.length != KEY_BYTES)
            throw new IllegalStateException(file + " is not a key of " + KEY_BYTES + " bytes");
        return new SealingKey(root);
    }

    byte[] seal(byte[] plain, String about, SecureRandom random) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, about, plain, 0, plain.length);
        byte[] both = Arrays.copyOf(nonce, NONCE_BYTES + sealed.length);
        System.arraycopy(sealed, 0, both, NONCE_BYTES, sealed.length);
        return both;
    }

    byte[] open(byte[] sealed, String about) {
        byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
        return cipher(Cipher.DECRYPT_MODE, nonce, about, sealed, NONCE_BYTES, sealed.length - NONCE_BYTES);
    }

    private byte[] cipher(int mode, byte[] nonce, String about, byte[] bytes, int from, int length) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, sealing, new GCMParameterSpec(TAG_BITS, nonce));
            cipher.updateAAD(about.getBytes(StandardCharsets.UTF_8));
            return cipher.doFinal(bytes, from, length);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a stored secret does not open: it was changed, or has another key");
        }
    }

    /** Another key, which follows from this one and says nothing of it. */
    byte[] derived(String purpose) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(root, "HmacSHA256"));
            return mac.doFinal(("dormouse " + purpose).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
