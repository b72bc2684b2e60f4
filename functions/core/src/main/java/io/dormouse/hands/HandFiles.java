package io.dormouse.hands;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;

/** The files of a hand that are not its agent's alone: those that were put in, and those that it put out. */
public interface HandFiles {
    /** What was put in: SHA-256 by path. Agent code can read it and not change it. */
    Map<String, String> placed() throws IOException;

    /** Puts a file in, whole or not at all; the content is read to its end. */
    void place(Mount mount, InputStream content) throws IOException;

    void remove(String path) throws IOException;

    /** What is in the folder of outputs: ordinary files, and of those as many as are worth a look. */
    Outputs outputs() throws IOException;

    /** Exactly as many bytes as the output had, or an exception: it may change at any time. */
    InputStream read(Output output) throws IOException;

    /** @param complete false when there are more, or some have names that are no text */
    record Outputs(List<Output> files, boolean complete) {}

    /**
     * By its own word: the agent can make it say anything of its own files.
     *
     * @param path below the folder of outputs
     * @param state the same as long as the file is not written to
     */
    record Output(String path, long sizeBytes, String state) {}
}
