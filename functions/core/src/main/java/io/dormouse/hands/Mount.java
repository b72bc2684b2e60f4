package io.dormouse.hands;

/**
 * A file that a sandbox is to have, read-only.
 *
 * @param path below the folder of uploads: plain names and slashes
 * @param content its name in the store of contents
 */
public record Mount(String path, String sha256, long sizeBytes, String content) {}
