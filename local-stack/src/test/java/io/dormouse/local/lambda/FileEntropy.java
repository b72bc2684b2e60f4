package io.dormouse.local.lambda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.Provider;
import java.security.SecureRandomSpi;
import java.util.concurrent.atomic.AtomicLong;

/**
 * In the place of the kernel: what a process draws follows from what a file says at that moment, and from how much was drawn
 * before. The file is what the property {@code entropy} names. Uses nothing but the JDK, for a process of somebody else.
 */
public final class FileEntropy extends Provider {
    private static final long serialVersionUID = 1;
    private static final AtomicLong DRAWS = new AtomicLong();

    public FileEntropy() {
        super("FileEntropy", "1", "draws from a file");
        put("SecureRandom.FileEntropy", Source.class.getName());
        put("SecureRandom.FileEntropy ThreadSafe", "true");
    }

    /** @param number of the draw, from 0 */
    static byte[] drawn(String entropy, long number, int length) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256", "SUN");
            digest.update(entropy.getBytes(StandardCharsets.UTF_8));
            byte[] block = digest.digest(ByteBuffer.allocate(8).putLong(number).array());
            byte[] all = new byte[length];
            for (int i = 0; i < length; i++) all[i] = block[i % block.length];
            return all;
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static final class Source extends SecureRandomSpi {
        private static final long serialVersionUID = 1;

        @Override
        protected void engineSetSeed(byte[] seed) {}

        @Override
        protected void engineNextBytes(byte[] bytes) {
            byte[] drawn = engineGenerateSeed(bytes.length);
            System.arraycopy(drawn, 0, bytes, 0, bytes.length);
        }

        @Override
        protected byte[] engineGenerateSeed(int length) {
            try {
                return drawn(Files.readString(Path.of(System.getProperty("entropy"))), DRAWS.getAndIncrement(), length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
