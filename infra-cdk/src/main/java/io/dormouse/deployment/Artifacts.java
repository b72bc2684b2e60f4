package io.dormouse.deployment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.awscdk.services.lambda.AssetCode;
import software.amazon.awscdk.services.lambda.Code;

/**
 * What is deployed, as the build leaves it.
 *
 * @param root of the repository
 */
public record Artifacts(Path root) {
    /** The shortest zip there is: an end without entries. */
    private static final byte[] EMPTY = {'P', 'K', 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    /** Functions that do nothing, for templates that are looked at and not deployed. */
    static Artifacts placeholders(Path room) throws IOException {
        for (String function : List.of("api", "harness", "credential-proxy"))
            Files.write(Files.createDirectories(zip(room, function).getParent()).resolve("function.zip"), EMPTY);
        return new Artifacts(room);
    }

    private static Path zip(Path root, String function) {
        return root.resolve("functions").resolve(function).resolve("target/function.zip");
    }

    AssetCode function(String name) {
        Path zip = zip(root, name);
        if (!Files.isRegularFile(zip))
            throw new IllegalStateException(root.relativize(zip)
                    + " is missing: build the functions before their deployment (./dormouse deploy does)");
        return Code.fromAsset(zip.toString());
    }

    Path sandbox() {
        Path folder = root.resolve("sandbox-task");
        if (!Files.isRegularFile(folder.resolve("Dockerfile")))
            throw new IllegalStateException("sandbox-task/Dockerfile is missing: name a pre-built image with"
                    + " sandboxImage=URI, or deploy without sandboxes with hands=none");
        return folder;
    }
}
