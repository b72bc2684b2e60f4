package io.dormouse.sandbox.room;

import java.nio.file.Path;
import java.util.Optional;

/** The folders of one hand, as they are called outside: absolute paths, existing, none inside another. */
public record Folders(Path workspace, Path outputs, Path temporary, Optional<Path> uploads, Path etc) {}
