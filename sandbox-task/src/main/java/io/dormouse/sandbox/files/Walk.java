package io.dormouse.sandbox.files;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;

/** Goes through the ordinary files below a folder. Never follows a link, skips what it may not read, bounded in depth. */
final class Walk {
    private static final int DEEPEST = 100;

    interface Visitor {
        /** Answers whether to go on. */
        boolean file(Path file, BasicFileAttributes attributes) throws IOException;
    }

    private Walk() {}

    static void below(Path folder, boolean gitToo, Deadline deadline, Visitor visitor) throws IOException {
        Files.walkFileTree(
                folder, EnumSet.noneOf(java.nio.file.FileVisitOption.class), DEEPEST, new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                        deadline.check();
                        boolean git = directory.getFileName() != null
                                && directory.getFileName().toString().equals(".git")
                                && !directory.equals(folder);
                        return git && !gitToo ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                        deadline.check();
                        return !attributes.isRegularFile() || visitor.file(file, attributes)
                                ? FileVisitResult.CONTINUE
                                : FileVisitResult.TERMINATE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException failed) {
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path directory, IOException failed) {
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
