package io.dormouse.deployment;

import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.awscdk.services.lambda.AssetCode;
import software.amazon.awscdk.services.lambda.Code;

/**
 * What is deployed, as the build leaves it.
 *
 * @param root of the repository
 */
public record Artifacts(Path root) {
    AssetCode function(String name) {
        Path zip = root.resolve("functions").resolve(name).resolve("target/function.zip");
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
