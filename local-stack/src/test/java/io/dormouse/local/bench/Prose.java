package io.dormouse.local.bench;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Text as people, models and tools write it: the repository's own documents, scripts and sources. The same for the same seed. */
final class Prose {
    private static final Set<String> SKIPPED = Set.of("target", "node_modules", ".git");

    private final String documents;
    private final String sources;
    private final String scripts;
    private final Random random;

    /** @param root of the repository */
    Prose(Path root, long seed) throws IOException {
        documents = joined(root, ".md");
        sources = joined(root, ".java");
        scripts = Files.readString(root.resolve("dormouse")).replaceAll("[^\\x00-\\x7F]", "?");
        random = new Random(seed);
    }

    /** What a person or a model says. */
    String said(int length) {
        return piece(documents, length);
    }

    /** What a tool shows. */
    String shown(int length) {
        return piece(sources, length);
    }

    String command(int length) {
        return piece(scripts, length);
    }

    private String piece(String from, int length) {
        int start = random.nextInt(from.length() - length);
        return from.substring(start, start + length);
    }

    private static String joined(Path root, String suffix) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                boolean skipped = SKIPPED.contains(folder.getFileName().toString());
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(suffix)) files.add(file);
                return FileVisitResult.CONTINUE;
            }
        });
        Collections.sort(files);
        StringBuilder all = new StringBuilder();
        for (Path file : files) all.append(Files.readString(file));
        // One byte a character, so that lengths are sizes.
        return all.toString().replaceAll("[^\\x00-\\x7F]", "?");
    }
}
