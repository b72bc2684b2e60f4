package io.dormouse.sandbox.exchange;

import io.dormouse.sandbox.room.Isolation;
import io.dormouse.sandbox.room.Limits;
import io.dormouse.sandbox.room.Room;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * What a hand keeps, as one archive: the record of what is installed, the workspace, the outputs, and what could not be read of
 * them. Agent code's files are packed and unpacked in a room, with the agent's rights and inside its walls. One save or restore
 * at a time: a later one ends the one before, whose caller may be long gone.
 */
public final class Workspace {
    private static final List<String> FOLDERS = List.of(Isolation.WORKSPACE, Isolation.OUTPUTS);
    private static final String SAVE = Transfer.script("save.sh");
    private static final String RESTORE = Transfer.script("restore.sh");

    /** Of tar: some files changed while they were read; some could not be read, or written. */
    private static final int CHANGED = 1;

    private static final int NOT_ALL = 2;

    private static final int LONGEST_TEXT_BYTES = 1 << 20;

    /** What came of a restore. */
    public sealed interface Restored {
        /** @param problem what is not as it was, or an empty text */
        record Done(String problem) implements Restored {}

        /** Nothing is restored. */
        record Refused(int status, String why) implements Restored {}
    }

    private final Room room;
    private final Limits limits;
    private final Path installed;
    private final Path marker;
    private boolean used;
    private Transfer current;

    /**
     * @param marker a file that remembers which archive was restored here
     * @param used whether agent code has run here already
     */
    public Workspace(Room room, Limits limits, Path installed, Path marker, boolean used) {
        this.room = room;
        this.limits = limits;
        this.installed = installed;
        this.marker = marker;
        this.used = used;
    }

    /** The SHA-256 of the archive that was restored here, or an empty text. */
    public String restored() throws IOException {
        return Files.exists(marker) ? Files.readString(marker) : "";
    }

    /** Agent code is about to run: from here on nothing is restored. */
    public void use() {
        Transfer underway;
        synchronized (this) {
            if (used) {
                return;
            }
            used = true;
            underway = current;
        }
        if (underway != null) {
            underway.end();
        }
    }

    private Transfer begin() {
        Transfer mine = new Transfer(room);
        Transfer before;
        synchronized (this) {
            before = current;
            current = mine;
        }
        if (before != null) {
            before.end();
        }
        return mine;
    }

    /** Writes the archive, and then the 32 bytes of its SHA-256: without them it is not whole. */
    public void save(OutputStream to) throws IOException {
        try (Transfer transfer = begin()) {
            DigestOutputStream digested = new DigestOutputStream(to, sha256());
            DataOutputStream out = new DataOutputStream(digested);
            byte[] record = Files.exists(installed) ? Files.readAllBytes(installed) : new byte[0];
            Segments.write(new ByteArrayInputStream(record), out);
            StringBuilder problems = new StringBuilder();
            for (String folder : FOLDERS) {
                Process packing = transfer.start(SAVE, folder, "");
                packing.getOutputStream().close();
                Segments.write(packing.getInputStream(), out);
                Transfer.Ended ended = transfer.ended();
                if (ended.code() == NOT_ALL) {
                    problems.append("Not all files of ").append(folder).append(" were saved: ");
                    problems.append(ended.said()).append('\n');
                } else if (ended.code() > CHANGED) {
                    throw new IOException("not saved, exit code " + ended.code() + ": " + ended.said());
                }
            }
            Segments.write(new ByteArrayInputStream(problems.toString().getBytes(StandardCharsets.UTF_8)), out);
            out.flush();
            to.write(digested.getMessageDigest().digest());
        }
    }

    /** Reads the archive to its end, unless nothing is to be restored. If it is refused the folders are as they were. */
    public Restored restore(String sha256, InputStream from) throws IOException {
        try (Transfer transfer = begin()) {
            boolean done = restored().equals(sha256);
            if (done) {
                return new Restored.Done("");
            }
            if (inUse()) {
                return new Restored.Refused(409, "this hand is in use");
            }
            try {
                DigestInputStream digested = new DigestInputStream(new BufferedInputStream(from, 64 * 1024), sha256());
                String problem = unpack(transfer, new DataInputStream(digested));
                String found =
                        HexFormat.of().formatHex(digested.getMessageDigest().digest());
                done = found.equals(sha256) && mark(sha256);
                return done
                        ? new Restored.Done(problem)
                        : new Restored.Refused(422, "the archive is not the one that was announced");
            } catch (EOFException broken) {
                return new Restored.Refused(422, "the archive breaks off");
            } finally {
                if (!done) {
                    empty();
                }
            }
        }
    }

    private synchronized boolean inUse() throws IOException {
        return used || !restored().isEmpty();
    }

    private synchronized boolean mark(String sha256) throws IOException {
        if (used) {
            return false;
        }
        Files.writeString(marker, sha256);
        return true;
    }

    /** Returns what is not as it was. */
    private String unpack(Transfer transfer, DataInputStream in) throws IOException {
        String record = text(in);
        StringBuilder problems = new StringBuilder();
        try (Quota quota = new Quota(room, limits, transfer::kill)) {
            for (String folder : FOLDERS) {
                if (quota.passed()) {
                    Segments.read(in, OutputStream.nullOutputStream());
                    continue;
                }
                Process unpacking = transfer.start(RESTORE, folder, "");
                OutputStream to = unpacking.getOutputStream();
                Segments.read(in, to);
                close(to);
                Transfer.Ended ended = transfer.ended();
                if (ended.code() > CHANGED && !quota.passed()) {
                    problems.append("Not all files of ").append(folder).append(" were restored: ");
                    problems.append(ended.said()).append('\n');
                }
            }
            if (quota.passed()) {
                problems.append("Not all files were restored: there are more than the sandbox may have.\n");
            }
        }
        String told = text(in);
        if (in.read() >= 0) {
            throw new EOFException("there is more than an archive");
        }
        if (!record.isEmpty()) {
            Files.writeString(installed, record);
        }
        return told + problems;
    }

    /** A segment that this program wrote. A damaged archive may say anything. */
    private static String text(DataInputStream in) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                super.write(bytes, offset, Math.min(length, LONGEST_TEXT_BYTES - count));
            }
        };
        Segments.read(in, text);
        return text.toString(StandardCharsets.UTF_8);
    }

    private static void close(OutputStream to) {
        try {
            to.close();
        } catch (IOException gone) {
            // Its reader has ended, and its exit code says why.
        }
    }

    /** After a restore that came to nothing. Its caller may have been interrupted, which must not stop this. */
    private void empty() throws IOException {
        Files.deleteIfExists(installed);
        boolean interrupted = Thread.interrupted();
        try (Transfer emptying = new Transfer(room)) {
            for (String folder : FOLDERS) {
                emptying.start(RESTORE, folder, "no").getOutputStream().close();
                Transfer.Ended ended = emptying.ended();
                if (ended.code() != 0) {
                    throw new IOException("cannot empty " + folder + ": " + ended.said());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible); // every JDK has it
        }
    }
}
