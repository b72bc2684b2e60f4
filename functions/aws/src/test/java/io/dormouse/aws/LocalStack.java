package io.dormouse.aws;

import org.opentest4j.TestAbortedException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;

/** LocalStack in a container, one for all tests of a JVM, where a Docker engine runs. */
final class LocalStack {
    /** Later images want an account. */
    private static final DockerImageName IMAGE = DockerImageName.parse("localstack/localstack:4.14.0");

    private static Emulator emulator;
    private static String missing;

    private LocalStack() {}

    /** Skips the test when there is no Docker engine, and says so. */
    static synchronized Emulator emulator() {
        if (missing == null && emulator == null) start();
        if (missing != null) throw new TestAbortedException(missing);
        return emulator;
    }

    @SuppressWarnings("resource") // The container ends with the JVM.
    private static void start() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            missing = "no LocalStack: no Docker engine is running";
            System.err.println(missing + "; its tests are skipped");
            return;
        }
        LocalStackContainer container = new LocalStackContainer(IMAGE).withServices("dynamodb", "s3");
        container.start();
        emulator = Emulator.at(container.getEndpoint());
    }
}
