package io.dormouse.messages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.json.Json;
import io.dormouse.pace.Cancellation;
import io.dormouse.prompt.Model;
import io.dormouse.prompt.Prompt;
import io.dormouse.testkit.messages.Script;
import io.dormouse.testkit.messages.ScriptedModel;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;

/** A model adapter, and the scripted server that it talks to. */
abstract class AgainstScriptedModel {
    static final String KEY = "sk-ant-very-secret";
    static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z"));
    static final Duration LONG = Duration.ofMinutes(5);
    static final Timeouts PATIENT = new Timeouts(LONG, LONG, LONG, LONG);
    static final Duration SHORT = Duration.ofMillis(150);
    static final Prompt PROMPT = new Prompt(prompt());

    final List<String> seen = Collections.synchronizedList(new ArrayList<>());
    final Model.Watcher watcher = new Model.Watcher() {
        @Override
        public void opened(int index, String type) {
            seen.add(type);
        }

        @Override
        public void text(int index, String delta) {
            seen.add(delta);
        }
    };
    final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) one.close();
        threads.shutdownNow();
    }

    ScriptedModel serve(Script... scripts) {
        return keep(ScriptedModel.inTurn(scripts));
    }

    Model model(URI base, Timeouts timeouts) {
        return keep(new MessagesModel(Provider.of(base, new Signing.ApiKey(KEY)), timeouts, CLOCK));
    }

    <T extends AutoCloseable> T keep(T closeable) {
        open.add(closeable);
        return closeable;
    }

    Model.Reply ask(Model model, Cancellation cancellation) {
        return model.reply(PROMPT, watcher, cancellation);
    }

    Model.Reply reply(ScriptedModel server) {
        return ask(model(server.baseUri(), PATIENT), new Cancellation());
    }

    Model.Failure failure(ScriptedModel server) {
        return failure(reply(server));
    }

    static Model.Failure failure(Model.Reply reply) {
        return ((Model.Reply.Failed) reply).kind();
    }

    static ObjectNode prompt() {
        ObjectNode body = Json.object().put("model", "m").put("stream", true).put("max_tokens", 100);
        body.putArray("messages").addObject().put("role", "user").put("content", "Grüße 🐭");
        return body;
    }
}
