package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.core.ObjectMappers;
import com.anthropic.models.beta.sessions.events.BetaManagedAgentsSessionEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.hands.HandId;
import io.dormouse.hands.Hands;
import io.dormouse.harness.Harness;
import io.dormouse.harness.Ports;
import io.dormouse.harness.Retries;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Head.Posting;
import io.dormouse.head.Heads.Swapped;
import io.dormouse.id.EventId;
import io.dormouse.id.Ids;
import io.dormouse.id.SessionId;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.local.LocalFeed;
import io.dormouse.local.hands.LocalHands;
import io.dormouse.local.hands.SandboxProgram;
import io.dormouse.mcp.client.SdkServers;
import io.dormouse.mcp.client.Timeouts;
import io.dormouse.outbound.Outbound;
import io.dormouse.outbound.UseLedger;
import io.dormouse.prompt.Catalog;
import io.dormouse.prompt.Model;
import io.dormouse.resource.Spill;
import io.dormouse.session.Entry;
import io.dormouse.session.Fact;
import io.dormouse.session.Input;
import io.dormouse.session.ToolResult;
import io.dormouse.session.Usage;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemorySessionLog;
import io.dormouse.threads.ThreadPace;
import io.dormouse.wire.WireEvents;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * One session with MCP servers in this process: real servers, a real sandbox, the client that ships, and a way out that no
 * suite has. Its events are checked by the official SDK.
 */
final class McpDesk implements AutoCloseable {
    private final MemoryHeads heads = new MemoryHeads();
    private final MemorySessionLog log = new MemorySessionLog();
    private final ThreadPace pace = new ThreadPace();
    private final Ids ids = new Ids(pace::now, RandomGenerator.getDefault());
    private final Spill spill = new Spill(new MemoryBlobs());
    private final SessionId session = ids.session();
    private final ThreadId thread = session.primaryThread();
    private final Deque<ObjectNode> replies = new ArrayDeque<>();
    private final Path folder;
    private final LocalHands hands;
    private final Harness harness;
    final List<JsonNode> prompts = new ArrayList<>();

    /** @param servers names and URLs in turn */
    McpDesk(Path folder, Outbound outbound, Timeouts timeouts, String policy, String... servers) throws IOException {
        this.folder = folder;
        ObjectNode agent = Json.object().put("name", "helper");
        agent.putObject("model").put("id", "test-model");
        agent.putArray("mcp_servers");
        agent.putArray("tools").addObject().put("type", "agent_toolset_20260401");
        for (int i = 0; i < servers.length; i += 2) {
            agent.withArray("mcp_servers")
                    .addObject()
                    .put("type", "url")
                    .put("name", servers[i])
                    .put("url", servers[i + 1]);
            ObjectNode toolset = agent.withArray("tools")
                    .addObject()
                    .put("type", "mcp_toolset")
                    .put("mcp_server_name", servers[i]);
            toolset.putObject("default_config")
                    .put("enabled", true)
                    .putObject("permission_policy")
                    .put("type", policy);
            toolset.putArray("configs");
        }
        Instant now = pace.now();
        log.append(thread, new Entry(1, 0, ids.next(), now, List.of(new Fact.SessionBegan(agent))));
        assertThat(heads.create(Head.fresh(WorkspaceId.DEFAULT, session, now))).isTrue();
        Model model = (prompt, watcher, cancellation) -> {
            prompts.add(prompt.body().deepCopy());
            ObjectNode block =
                    replies.isEmpty() ? Json.object().put("type", "text").put("text", "Done.") : replies.poll();
            boolean call = block.path("type").asText().equals("tool_use");
            return new Model.Reply.Complete(
                    List.of(block), call ? "tool_use" : "end_turn", null, new Usage(10, 5, 0, 0, 0, 0, 0));
        };
        SandboxProgram program =
                SandboxProgram.find(Map.of(), folder.resolve("sandbox.jsa")).orElseThrow();
        hands = new LocalHands(folder.resolve("hands"), program, false, Map.of(), pace);
        harness = new Harness(new Ports(
                heads,
                log,
                model,
                new Hands(hands, pace),
                new LocalFeed(),
                new Wakes() {
                    @Override
                    public void send(Head stored) {}

                    @Override
                    public void sendAt(ThreadId id, Instant when) {}
                },
                spill,
                new Catalog(Json.parse("{\"models\":[]}")),
                Retries.DEFAULT,
                pace,
                ids,
                RandomGenerator.getDefault(),
                new UseLedger(),
                new SdkServers(outbound, timeouts)));
    }

    /** The model's next reply is a call. @param input as JSON with single quotes */
    void willCall(String tool, String input) {
        ObjectNode block = Json.object()
                .put("type", "tool_use")
                .put("id", "toolu_" + ids.next())
                .put("name", tool);
        block.set("input", Json.parse(input.replace('\'', '"')));
        replies.add(block);
    }

    /** One turn, until it rests. */
    void say(String text) {
        post(new Input.UserMessage(ids.event(), ToolResult.text(text)));
        work();
    }

    void post(Input input) {
        while (true) {
            Head head = heads.read(thread).orElseThrow();
            Posting posting = head.post(List.of(input), pace.now());
            assertThat(posting).isInstanceOf(Posting.Accepted.class);
            if (heads.swap(head, ((Posting.Accepted) posting).next()) instanceof Swapped.Done) break;
        }
        harness.poke(thread);
    }

    void interrupt() {
        post(new Input.Interrupt(ids.event()));
    }

    void allow(String call) {
        post(new Input.Confirmation(ids.event(), new EventId(call), true, null));
        work();
    }

    void work() {
        assertThat(harness.wake(thread, "one", Instant.MAX)).isEqualTo(Harness.Woken.SETTLED);
        Legal.events(events());
    }

    List<JsonNode> events() {
        WireEvents view = new WireEvents(thread, "helper", spill::fill);
        List<JsonNode> events = new ArrayList<>();
        for (Entry entry : log.read(thread, 0, 10_000))
            for (ObjectNode event : view.of(entry)) {
                try {
                    ObjectMappers.jsonMapper()
                            .readValue(Json.text(event), BetaManagedAgentsSessionEvent.class)
                            .validate();
                } catch (JsonProcessingException e) {
                    throw new AssertionError(e);
                }
                events.add(event);
            }
        return events;
    }

    JsonNode last(String type) {
        return Talk.of(events(), type).getLast();
    }

    /** The first text of the last result of an MCP server's tool. */
    String result() {
        return last("agent.mcp_tool_result")
                .path("content")
                .path(0)
                .path("text")
                .asText();
    }

    List<String> tools() {
        return prompts.getLast().path("tools").findValuesAsText("name").stream()
                .filter(name -> name.startsWith("mcp"))
                .toList();
    }

    Path workspace() {
        return folder.resolve("hands").resolve(HandId.of(thread).text()).resolve("workspace");
    }

    /** What the log holds, entry for entry. */
    List<Entry> log() {
        return log.read(thread, 0, 10_000);
    }

    @Override
    public void close() {
        harness.stop();
        hands.discard(HandId.of(thread));
        hands.close();
        pace.close();
    }
}
