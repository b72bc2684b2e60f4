package io.dormouse.local.sqlite;

import io.dormouse.resource.Contents;
import io.dormouse.resource.Digested;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Contents of files in a folder, each a file of its own in one of many folders. It appears under its name whole and flushed,
 * or not at all; what a crash leaves behind is in {@code new/} and goes with the next start.
 */
public final class FolderContents implements Contents {
    private final Path root;
    private final Path unfinished;

    /** Makes the folder if it is missing. Nobody else may use it. */
    public FolderContents(Path root) {
        this(root, true);
    }

    /** @param make false when nothing is to be put, and the folder stays as it is */
    public FolderContents(Path root, boolean make) {
        this.root = root;
        this.unfinished = root.resolve("new");
        if (!make) return;
        try {
            Files.createDirectories(unfinished);
            try (Stream<Path> left = Files.list(unfinished)) {
                for (Path each : left.toList()) Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public Stored put(String name, InputStream stream) throws IOException {
        Path file = file(Contents.checked(name));
        Files.createDirectories(file.getParent());
        Path temporary = Files.createTempFile(unfinished, "", "");
        try {
            Digested digested = new Digested(stream);
            try (FileOutputStream out = new FileOutputStream(temporary.toFile())) {
                digested.transferTo(out);
                out.getFD().sync();
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Folder.sync(file.getParent());
            Folder.sync(root);
            return digested.stored();
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    @Override
    public Optional<Content> open(String name) {
        if (!Contents.isName(name)) return Optional.empty();
        try {
            FileInputStream in = new FileInputStream(file(name).toFile());
            // Of the open file, whatever becomes of its name.
            return Optional.of(new Content(in, in.getChannel().size()));
        } catch (FileNotFoundException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void delete(String name) {
        if (!Contents.isName(name)) return;
        try {
            Files.deleteIfExists(file(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Names begin with the time: their ends are what differs. */
    private Path file(String name) {
        return root.resolve("c" + Math.floorMod(name.hashCode(), 256)).resolve(name);
    }
}
