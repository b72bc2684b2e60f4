package io.dormouse.local.sqlite;

import io.dormouse.id.Sha256;
import io.dormouse.resource.Blobs;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Large content in a folder: {@code ab/abcd…}, named by its SHA-256. A file appears under its name whole and flushed, or
 * not at all; what a crash leaves behind is in {@code new/} and is never read.
 */
public final class FolderBlobs implements Blobs {
    private static final Pattern NAME = Pattern.compile("[0-9a-f]{64}");

    private final Path root;
    private final Path unfinished;

    /** Makes the folder if it is missing. */
    public FolderBlobs(Path root) {
        this(root, true);
    }

    /** @param make false when nothing is to be put, and the folder stays as it is */
    public FolderBlobs(Path root, boolean make) {
        this.root = root;
        this.unfinished = root.resolve("new");
        try {
            if (make) Files.createDirectories(unfinished);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String put(byte[] content) {
        String name = Sha256.hex(content);
        Path file = file(name);
        try {
            if (!Files.exists(file)) write(content, file);
            // Also when somebody else wrote it: that one may not have come this far yet.
            Folder.sync(file.getParent());
            return name;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(byte[] content, Path file) throws IOException {
        if (!Files.isDirectory(file.getParent())) {
            Files.createDirectories(file.getParent());
            Folder.sync(root);
        }
        Path temporary = Files.createTempFile(unfinished, "", "");
        try {
            try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
                out.write(content);
                out.getFD().sync();
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    @Override
    public Optional<byte[]> get(String sha256) {
        if (!NAME.matcher(sha256).matches()) return Optional.empty();
        try {
            byte[] content = Files.readAllBytes(file(sha256));
            if (!Sha256.hex(content).equals(sha256)) throw new IOException("damaged: " + file(sha256));
            return Optional.of(content);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String name) {
        return root.resolve(name.substring(0, 2)).resolve(name);
    }
}
