package io.dormouse.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dormouse.id.CredentialId;
import io.dormouse.id.VaultId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSecretsTest extends SecretsContract {
    @TempDir
    Path home;

    private Path folder() {
        return home.resolve("secrets");
    }

    @Override
    Secrets empty() throws IOException {
        return FileSecrets.open(folder(), RANDOM);
    }

    @Override
    Secrets again(Secrets store) throws IOException {
        return FileSecrets.open(folder(), RANDOM);
    }

    private Path file() {
        return folder().resolve(vault + ".json");
    }

    @Test
    void all_that_is_written_is_for_its_owner_only() throws IOException {
        stored("CANARY-1");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder())))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(folder())) {
            List<Path> all = files.toList();
            assertThat(all).extracting(p -> p.getFileName().toString()).contains("key", vault + ".json", "lock");
            for (Path file : all)
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as(file.toString())
                        .isEqualTo("rw-------");
        }
    }

    @Test
    void no_file_holds_a_secret_in_any_form() throws IOException {
        stored("CANARY-9f2b7c");
        try (Stream<Path> files = Files.list(folder())) {
            for (Path file : files.toList()) {
                String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
                for (String form : Forms.of("CANARY-9f2b7c"))
                    assertThat(text).as(file.toString()).doesNotContain(form);
            }
        }
    }

    @Test
    void a_key_that_others_may_read_is_refused() throws IOException {
        Files.setPosixFilePermissions(folder().resolve("key"), PosixFilePermissions.fromString("rw-r-----"));
        assertThatThrownBy(() -> again(secrets)).hasMessageContaining("can be read by others than its owner");
    }

    @Test
    void secrets_without_their_key_are_not_given_another() throws IOException {
        stored("one");
        Files.delete(folder().resolve("key"));
        assertThatThrownBy(() -> again(secrets)).hasMessageContaining("their key is missing");
        assertThat(folder().resolve("key")).doesNotExist();
    }

    @Test
    void a_changed_or_moved_file_does_not_open() throws IOException {
        stored("one");
        String text = Files.readString(file());
        VaultId other = new VaultId(IDS.next("vlt_"));
        Files.writeString(folder().resolve(other + ".json"), text);
        assertThatThrownBy(() -> secrets.read(other)).hasMessageContaining("does not open");
        Files.writeString(file(), text.replace(credential.text(), new CredentialId(IDS.next("vcrd_")).text()));
        assertThatThrownBy(() -> secrets.read(vault)).hasMessageContaining("does not open");
        Files.writeString(file(), text.replaceAll("\"version\":\"....", "\"version\":\"0000"));
        assertThatThrownBy(() -> secrets.read(vault)).hasMessageContaining("does not open");
        int at = text.lastIndexOf("\"}}") - 8;
        char flipped = text.charAt(at) == 'A' ? 'B' : 'A';
        Files.writeString(file(), text.substring(0, at) + flipped + text.substring(at + 1));
        assertThatThrownBy(() -> secrets.read(vault)).hasMessageContaining("does not open");
        Files.writeString(file(), text);
        assertThat(secrets.read(vault).credentials()).hasSize(1);
    }

    @Test
    void one_secret_is_never_sealed_twice_alike() throws IOException {
        Bundle one = stored("one");
        String first = Files.readString(file());
        done(secrets.swap(one));
        assertThat(Files.readString(file())).isNotEqualTo(first);
    }

    @Test
    void an_unfinished_write_of_a_dead_process_is_passed_over() throws IOException {
        Bundle one = stored("one");
        Files.writeString(folder().resolve(vault + ".json.new"), "{\"half");
        assertThat(secrets.read(vault)).isEqualTo(one);
        done(secrets.swap(one.with(credential, "r2", material("two"))));
        assertThat(again(secrets).read(vault).material(credential, "r2")).isPresent();
    }

    @Test
    void two_processes_do_not_undo_each_others_writes() throws Exception {
        List<Process> writers = new ArrayList<>();
        for (String name : List.of("a", "b"))
            writers.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            OtherWriter.class.getName(),
                            folder().toString(),
                            vault.text(),
                            credential.text(),
                            name)
                    .inheritIO()
                    .start());
        for (Process writer : writers) assertThat(writer.waitFor()).isZero();
        Bundle both = secrets.read(vault);
        for (int i = 0; i < OtherWriter.WRITES; i++) {
            assertThat(both.material(credential, "a" + i)).contains(material("a" + i));
            assertThat(both.material(credential, "b" + i)).contains(material("b" + i));
        }
    }
}
