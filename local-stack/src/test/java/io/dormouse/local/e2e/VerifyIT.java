package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import io.dormouse.testkit.messages.Script;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./dormouse verify} on a session at rest, over HTTP, from a file, and from the folder of a suite that was killed. */
class VerifyIT {
    @TempDir
    Path folder;

    private static HttpResponse<String> export(RunningSuite suite, String session) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(suite.address().resolve("/v1/sessions/" + session + "/export"))
                            .header("x-api-key", RunningSuite.KEY)
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    @Test
    void a_session_can_be_kept_and_verified_from_everywhere() throws Exception {
        try (Brain brain = new Brain();
                RunningSuite suite = RunningSuite.start(brain.address());
                Client client = new Client(suite.address(), RunningSuite.KEY)) {
            Brain.Role role = brain.role(
                    Brain.bash("t1", "echo one; seq 1 20000"),
                    Script.text("Done."),
                    Script.text("Again."),
                    Brain.bash("t2", "sleep 60"));
            Talk talk = client.talk(role);
            talk.say("large " + "äöü🐭".repeat(20_000));
            talk.settled();
            talk.say("and again");
            talk.settled();

            HttpResponse<String> export = export(suite, talk.id());
            assertThat(export.headers().firstValue("content-type")).hasValue("application/x-ndjson");
            assertThat(export.body()).contains("\"$blob\"").doesNotContain(RunningSuite.KEY);
            Path file = Files.writeString(folder.resolve("kept.jsonl"), export.body());

            RunningSuite.Ran store = suite.dormouse("verify", talk.id());
            assertThat(store.exit()).as(store.out() + store.err()).isZero();
            assertThat(store.out()).matches("ok: \\d+ entries, 2 turns, 1 tool calls, usage .*, hash [0-9a-f]{64}\n");
            RunningSuite.Ran http =
                    suite.dormouse("verify", talk.id(), "--url", suite.address().toString());
            RunningSuite.Ran kept = suite.dormouse("verify", file.toString());
            assertThat(http.out()).isEqualTo(store.out());
            assertThat(kept.out()).isEqualTo(store.out());

            // One digit in one entry of the file.
            String[] lines = export.body().split("\n");
            int broken = 0;
            while (!lines[broken].startsWith("{\"line\":\"entry\",\"position\":4,")) broken++;
            lines[broken] = lines[broken].replaceFirst("\"epoch\":1", "\"epoch\":2");
            Files.writeString(file, String.join("\n", lines) + "\n");
            RunningSuite.Ran found = suite.dormouse("verify", file.toString(), "--json");
            assertThat(found.exit()).isEqualTo(1);
            JsonNode said = Json.parse(found.out());
            assertThat(said.path("ok").asBoolean()).isFalse();
            assertThat(said.at("/findings/0/position").asInt()).isEqualTo(4);
            assertThat(said.at("/findings/0/rule").asText()).isEqualTo("chain");
            assertThat(suite.dormouse("verify", file.toString()).out()).startsWith("entry 4: chain: ");

            talk.say("sleep");
            talk.await("agent.tool_use", event -> event.toString().contains("sleep 60"));
            suite.kill();
            RunningSuite.Ran crashed = suite.dormouse("verify", talk.id());
            assertThat(crashed.exit()).as(crashed.out() + crashed.err()).isZero();
            assertThat(crashed.out()).contains(" 3 turns, 2 tool calls");
            RunningSuite.Ran missing = suite.dormouse("verify", "sesn_11111111111111111111", "--local");
            assertThat(missing.exit()).isEqualTo(2);
            assertThat(missing.err()).contains("no such session");
            assertThat(suite.dormouse("verify", "no-such-file").exit()).isEqualTo(2);
            assertThat(suite.dormouse("verify").exit()).isEqualTo(2);
        }
    }
}
