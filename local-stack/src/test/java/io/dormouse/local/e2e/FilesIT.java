package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.anthropic.core.JsonValue;
import com.anthropic.core.MultipartField;
import com.anthropic.core.http.HttpResponse;
import com.anthropic.errors.NotFoundException;
import com.anthropic.models.beta.files.BetaFileMetadata;
import com.anthropic.models.beta.files.FileListParams;
import com.anthropic.models.beta.files.FileUploadParams;
import com.anthropic.models.beta.sessions.SessionCreateParams;
import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Gate;
import io.dormouse.testkit.messages.Script;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Files go in, an agent works with them, files come out. */
@ExtendWith(OnSuite.class)
class FilesIT {

    static BetaFileMetadata upload(Client client, String name, String content) {
        return client.sdk()
                .beta()
                .files()
                .upload(FileUploadParams.builder()
                        .file(MultipartField.<InputStream>builder()
                                .value(new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)))
                                .filename(name)
                                .contentType("text/csv")
                                .build())
                        .build());
    }

    static String download(Client client, String file) {
        try (HttpResponse response = client.sdk().beta().files().download(file)) {
            return new String(response.body().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** Of a session, oldest first. */
    static List<BetaFileMetadata> outputs(Client client, String session) {
        List<BetaFileMetadata> files = new ArrayList<>();
        for (BetaFileMetadata file : client.sdk()
                .beta()
                .files()
                .list(FileListParams.builder().scopeId(session).limit(2).build())
                .autoPager()) files.addFirst(file.validate());
        return files;
    }

    private static List<String> names(List<BetaFileMetadata> files) {
        return files.stream().map(BetaFileMetadata::filename).sorted().toList();
    }

    static Talk talk(Client client, Brain.Role role, String resources) {
        String session = client.sdk()
                .beta()
                .sessions()
                .create(SessionCreateParams.builder()
                        .agent(client.agent(role.system(), Client.TOOLSET).id())
                        .environmentId(client.environment())
                        .putAdditionalBodyProperty("resources", JsonValue.fromJsonNode(Json.parse(resources)))
                        .build())
                .id();
        return new Talk(client, session);
    }

    private static String mount(String file, String path) {
        return "{\"type\":\"file\",\"file_id\":\"" + file + "\",\"mount_path\":\"" + path + "\"}";
    }

    @Test
    void a_file_is_uploaded_mounted_read_worked_on_and_its_result_downloaded(
            Brain brain, RunningSuite suite, Client client) {
        BetaFileMetadata sales = upload(client, "sales.csv", "a,1\nb,2\n");
        assertThat(sales.downloadable()).hasValue(true);
        assertThat(sales.mimeType()).isEqualTo("text/csv");
        assertThat(download(client, sales.id())).isEqualTo("a,1\nb,2\n");
        Brain.Role role = brain.role(
                Brain.bash(
                        "t1",
                        "cat /mnt/session/uploads/workspace/sales.csv /mnt/session/uploads/" + sales.id()
                                + "; echo x >> /mnt/session/uploads/workspace/sales.csv"),
                Brain.bash(
                        "t2",
                        "cd /mnt/session/outputs; mkdir sub; echo total,3 > report.csv; echo deep > sub/b.txt; : > empty"),
                Script.text("Done."));
        Talk talk = talk(
                client,
                role,
                "[" + mount(sales.id(), "/workspace/sales.csv") + ",{\"type\":\"file\",\"file_id\":\"" + sales.id()
                        + "\"}]");
        assertThat(talk.session().resources()).hasSize(2);
        talk.say("go");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.results(events).getFirst())
                .startsWith("a,1\nb,2\na,1\nb,2\n")
                .contains("sales.csv: Permission denied");
        // At once: they are kept before the session says that it is idle.
        List<BetaFileMetadata> outputs = outputs(client, talk.id());
        assertThat(names(outputs)).containsExactly("empty", "report.csv", "sub/b.txt");
        for (BetaFileMetadata output : outputs)
            assertThat(output.scope().orElseThrow().id()).isEqualTo(talk.id());
        BetaFileMetadata report = outputs.stream()
                .filter(file -> file.filename().equals("report.csv"))
                .findFirst()
                .orElseThrow();
        assertThat(report.mimeType()).isEqualTo("text/csv");
        assertThat(download(client, report.id())).isEqualTo("total,3\n");
        assertThat(client.sdk().beta().files().delete(report.id()).id()).isEqualTo(report.id());
        assertThatThrownBy(() -> client.sdk().beta().files().retrieveMetadata(report.id()))
                .isInstanceOf(NotFoundException.class);
        assertThat(names(outputs(client, talk.id()))).containsExactly("empty", "sub/b.txt");
        try (Client other = suite.workspace("files-elsewhere")) {
            assertThatThrownBy(() -> other.sdk().beta().files().retrieveMetadata(sales.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> other.sdk().beta().files().download(sales.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThatThrownBy(() -> other.sdk().beta().files().delete(sales.id()))
                    .isInstanceOf(NotFoundException.class);
            assertThat(outputs(other, talk.id())).isEmpty();
        }
        Legal.requests(role);
    }

    @Test
    void only_what_changed_becomes_a_new_file_and_what_was_deleted_stays_so(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Brain.bash("t1", "cd /mnt/session/outputs; echo 1 > a; echo 1 > b; echo 1 > c"),
                Script.text("One."),
                Brain.bash("t2", "echo 2 > b; touch c"),
                Script.text("Two."),
                Script.text("Three."));
        Talk talk = talk(client, role, "[]");
        talk.say("first");
        talk.settled();
        List<BetaFileMetadata> first = outputs(client, talk.id());
        assertThat(names(first)).containsExactly("a", "b", "c");
        client.sdk().beta().files().delete(first.getFirst().id());
        talk.say("second");
        talk.settled();
        List<String> second = names(outputs(client, talk.id()));
        List<String> expected = new ArrayList<>(List.of("a", "b", "b", "c"));
        expected.remove(first.getFirst().filename());
        assertThat(second).containsExactlyElementsOf(expected);
        talk.say("third");
        talk.settled();
        assertThat(names(outputs(client, talk.id()))).isEqualTo(second);
    }

    @Test
    void a_file_that_is_added_is_there_for_the_next_call_and_one_that_is_removed_is_not(Brain brain, Client client) {
        Gate gate = new Gate();
        BetaFileMetadata late = upload(client, "late.csv", "late\n");
        Brain.Role role = brain.role(
                Brain.bash("t1", "ls -A /mnt/session/uploads | wc -l"),
                Brain.bash("t2", "cat /mnt/session/uploads/x/late").holdBeforeEvent(1, gate),
                Script.text("One."),
                Brain.bash("t3", "ls -A /mnt/session/uploads | wc -l"),
                Script.text("Two."));
        Talk talk = talk(client, role, "[]");
        talk.say("go");
        gate.awaitReached();
        Reply added = client.post("/v1/sessions/" + talk.id() + "/resources", mount(late.id(), "/x/late"));
        assertThat(added.status()).isEqualTo(200);
        gate.open();
        assertThat(Talk.results(talk.settled())).containsExactly("0\n", "late\n");
        assertThat(client.delete("/v1/sessions/" + talk.id() + "/resources/"
                                + added.json().path("id").asText())
                        .status())
                .isEqualTo(200);
        talk.say("again");
        assertThat(Talk.results(talk.settled()).getLast()).isEqualTo("0\n");
    }

    @Test
    void a_deleted_file_stays_for_the_session_that_has_it_also_when_its_hand_is_made_again(
            Brain brain, RunningSuite suite, Client client) throws Exception {
        BetaFileMetadata file = upload(client, "a.csv", "kept\n");
        Brain.Role role = brain.role(
                Brain.bash("t1", "cat /mnt/session/uploads/a; echo out > /mnt/session/outputs/o"),
                Script.text("One."),
                Brain.bash("t2", "cat /mnt/session/uploads/a"),
                Script.text("Two."));
        Talk talk = talk(client, role, "[" + mount(file.id(), "/a") + "]");
        client.sdk().beta().files().delete(file.id());
        talk.say("first");
        talk.settled();
        ProcessHandle supervisor =
                RunningSuite.supervisor(suite.hand(talk.id())).orElseThrow();
        supervisor.destroyForcibly();
        Eventually.until("it is dead", () -> !supervisor.isAlive());
        // As on a machine where the folder did not outlive the hand.
        for (String gone : List.of("uploads", "state/uploads.json"))
            new ProcessBuilder(
                            "/bin/rm",
                            "-rf",
                            suite.hand(talk.id()).resolve(gone).toString())
                    .start()
                    .waitFor();
        talk.say("second");
        assertThat(Talk.results(talk.settled())).containsExactly("kept\n", "kept\n");
        client.sdk().beta().sessions().delete(talk.id());
        assertThat(names(outputs(client, talk.id())))
                .as("outputs outlive their session")
                .containsExactly("o");
    }

    @Test
    void outputs_that_are_traps_hold_up_nobody_and_give_nothing_away(Brain brain, Client client) {
        Brain.Role role = brain.role(
                Brain.bash(
                        "t1",
                        "cd /mnt/session/outputs; ln -s /etc/passwd passwd; ln -s /proc/self/environ env; mkfifo pipe;"
                                + " ln -s / root; truncate -s 1500M sparse; touch $'bad\\xff'; echo good > good;"
                                + " (while :; do date +%N > moving; done) & sleep 0.2"),
                Script.text("Done."));
        Talk talk = talk(client, role, "[]");
        talk.say("go");
        List<JsonNode> events = talk.settled();
        assertThat(Talk.said(events)).containsExactly("Done.");
        List<String> names = names(outputs(client, talk.id()));
        assertThat(names).contains("good").doesNotContain("passwd", "env", "pipe", "root", "sparse");
        client.sdk().beta().sessions().delete(talk.id());
    }

    @Test
    void outputs_of_an_interrupted_turn_are_kept_too(Brain brain, RunningSuite suite, Client client) {
        Brain.Role role = brain.role(Brain.bash("t1", "echo early > /mnt/session/outputs/early; sleep 60"));
        Talk talk = talk(client, role, "[]");
        talk.say("go");
        Path early = suite.hand(talk.id()).resolve("outputs/early");
        Eventually.until("the command has written", () -> Files.exists(early));
        talk.interrupt();
        talk.settled();
        assertThat(names(outputs(client, talk.id()))).containsExactly("early");
    }
}
