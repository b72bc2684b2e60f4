package io.dormouse.local.offline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.messages.MessagesModel;
import io.dormouse.messages.Provider;
import io.dormouse.messages.Signing;
import io.dormouse.messages.Timeouts;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Through the adapter that talks to real models. */
class OfflineModelTest {
    private final OfflineModel server = OfflineModel.start();
    private final MessagesModel model = new MessagesModel(
            Provider.of(server.baseUri(), new Signing.ApiKey("any")), Timeouts.DEFAULT, InstantSource.system());
    private final List<String> deltas = new ArrayList<>();

    @AfterEach
    void close() {
        model.close();
        server.close();
    }

    @Test
    void any_message_is_answered_with_what_it_is_and_can_do_in_several_deltas() {
        Model.Reply.Complete reply = ask(user("Write me a poem"));
        assertThat(text(reply)).contains("not an LLM", "run: <command>");
        assertThat(String.join("", deltas)).isEqualTo(text(reply));
        assertThat(deltas).hasSizeGreaterThan(3);
        assertThat(reply.stopReason()).isEqualTo("end_turn");
        assertThat(reply.usage().input()).isPositive();
        assertThat(reply.usage().output()).isEqualTo(Json.text(reply.content()).length() / 4);
    }

    @Test
    void the_same_request_has_the_same_reply() {
        assertThat(ask(user("run: ls"), "bash")).isEqualTo(ask(user("run: ls"), "bash"));
    }

    @Test
    void commands_become_tool_calls() {
        assertThat(call(ask(user("run: echo hi"), "bash"))).isEqualTo(json("['bash',{'command':'echo hi'}]"));
        assertThat(call(ask(user("write a/b.txt: one: two"), "write")))
                .isEqualTo(json("['write',{'file_path':'a/b.txt','content':'one: two'}]"));
        assertThat(call(ask(user("read a/b.txt"), "read"))).isEqualTo(json("['read',{'file_path':'a/b.txt'}]"));
        assertThat(call(ask(user("ask: weather {\"city\":\"Bern\"}"), "weather")))
                .isEqualTo(json("['weather',{'city':'Bern'}]"));
        assertThat(call(ask(user("ask: now"), "now"))).isEqualTo(json("['now',{}]"));
    }

    @Test
    void a_tool_that_is_not_on_offer_is_not_called() {
        Model.Reply.Complete reply = ask(user("run: ls"), "read", "weather");
        assertThat(text(reply)).contains("no tool named bash; it has: read, weather");
        assertThat(reply.stopReason()).isEqualTo("end_turn");
    }

    @Test
    void input_that_is_no_json_object_is_explained() {
        assertThat(text(ask(user("ask: weather {city"), "weather"))).contains("is a JSON object");
        assertThat(text(ask(user("ask: weather 7"), "weather"))).contains("is a JSON object");
    }

    @Test
    void a_tool_result_is_quoted_and_bounded() {
        ArrayNode short_ = json("[{'type':'tool_result','tool_use_id':'t','content':[{'type':'text','text':'hi'}]}]");
        assertThat(text(ask(short_, "bash"))).isEqualTo("The tool answered:\nhi");

        ArrayNode failed = json("[{'type':'tool_result','tool_use_id':'t','is_error':true,'content':'no'}]");
        assertThat(text(ask(failed, "bash"))).isEqualTo("The tool failed:\nno");

        ArrayNode long_ = json("[{'type':'tool_result','tool_use_id':'t','content':'" + "x".repeat(1_999) + "🐭"
                + "y".repeat(500) + "'}]");
        assertThat(text(ask(long_, "bash")))
                .isEqualTo("The tool answered:\n" + "x".repeat(1_999) + "\n… and 502 characters more");
    }

    @Test
    void a_message_that_comes_with_a_result_is_obeyed() {
        ArrayNode both =
                json("[{'type':'tool_result','tool_use_id':'t','content':'hi'},{'type':'text','text':'run: ls'}]");
        assertThat(call(ask(both, "bash"))).isEqualTo(json("['bash',{'command':'ls'}]"));
    }

    @Test
    void a_request_that_is_none_is_refused() throws Exception {
        assertThat(post("/v1/messages", "not json")).isEqualTo(400);
        assertThat(post("/v1/messages", "{}")).isEqualTo(400);
        assertThat(post("/v1/models", "{}")).isEqualTo(404);
        assertThat(post("/v1/messages", "{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"))
                .isEqualTo(200);
    }

    private int post(String path, String body) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(server.baseUri() + path))
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
        }
    }

    private Model.Reply.Complete ask(ArrayNode content, String... tools) {
        ObjectNode body = Json.object().put("model", "claude-anything").put("stream", true);
        for (String tool : tools) body.withArray("tools").addObject().put("name", tool);
        body.putArray("messages").addObject().put("role", "user").set("content", content);
        deltas.clear();
        return (Model.Reply.Complete) model.reply(new Prompt(body), watcher(), new Cancellation());
    }

    private Model.Watcher watcher() {
        return new Model.Watcher() {
            @Override
            public void opened(int index, String type) {}

            @Override
            public void text(int index, String delta) {
                deltas.add(delta);
            }
        };
    }

    private static ArrayNode user(String text) {
        return Json.array().add(Json.object().put("type", "text").put("text", text));
    }

    private static String text(Model.Reply.Complete reply) {
        return reply.content().getFirst().path("text").asText();
    }

    private static ArrayNode call(Model.Reply.Complete reply) {
        assertThat(reply.stopReason()).isEqualTo("tool_use");
        ObjectNode call = reply.content().getLast();
        return Json.array().add(call.get("name")).add(call.get("input"));
    }

    private static ArrayNode json(String text) {
        return (ArrayNode) Json.parse(text.replace('\'', '"'));
    }
}
