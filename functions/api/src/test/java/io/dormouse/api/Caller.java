package io.dormouse.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.EventStream;
import io.dormouse.edge.Query;
import io.dormouse.edge.RouteTable;
import io.dormouse.files.FileStore;
import io.dormouse.harness.Wakes;
import io.dormouse.head.Head;
import io.dormouse.head.Heads;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Resources;
import io.dormouse.resource.Spill;
import io.dormouse.session.SessionLog;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryContents;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.testkit.memory.MemorySafe;
import io.dormouse.testkit.memory.MemorySessionLog;
import io.dormouse.wire.Feed;
import io.dormouse.wire.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Calls the resources as the gateway does, without HTTP, over memory stores and a clock that the test moves. */
final class Caller {
    static final WorkspaceId HERE = new WorkspaceId("here");

    Instant now = Instant.parse("2026-11-24T10:00:00Z");
    final MemoryResources resources = new MemoryResources(() -> now);
    final MemoryHeads heads = new MemoryHeads();
    final MemorySessionLog log = new MemorySessionLog();
    final Agents agents = new Agents(resources, () -> now, new Models(Catalog.bundled()));
    final Environments environments = new Environments(resources, () -> now);
    final MemorySafe safe = new MemorySafe();
    final Vaults vaults = new Vaults(resources, safe, () -> now);
    final MemoryBlobs blobs = new MemoryBlobs();
    final MemoryContents contents = new MemoryContents();
    Ids ids = new Ids(() -> now, new Random(7));
    /** Threads that a wake was asked for. */
    final List<ThreadId> woken = new ArrayList<>();
    /** What a stream's watch is told, one after the other; when nothing is left, the client goes away. */
    final Deque<Supplier<Feed.News>> news = new ArrayDeque<>();
    /** Of the next requests, when they are attempts that take over. */
    Instant firstTriedAt;
    /** Of the next requests, whether they are first attempts all the same, from which others may take over. */
    boolean firstAttempt;
    /** Of the next requests, by lower-case name. */
    final Map<String, String> headers = new HashMap<>();

    final RouteTable routes;
    WorkspaceId workspace = HERE;

    /** One event of a stream; a ping has neither id nor data. */
    record Sent(String name, String id, JsonNode data) {
        String type() {
            return data == null ? name : data.path("type").asText();
        }
    }

    record Reply(int status, JsonNode body) {
        JsonNode at(String pointer) {
            return body.at(pointer);
        }

        String text(String field) {
            return body.path(field).asText();
        }

        String message() {
            return body.at("/error/message").asText();
        }
    }

    Caller() {
        routes = routes(heads, log, resources);
    }

    /** The whole API over these stores, which may be ones that fail. */
    RouteTable routes(Heads heads, SessionLog log, Resources resources) {
        Spill spill = new Spill(blobs);
        SessionFinder finder = new SessionFinder(resources, heads, log);
        Posts posts = new Posts(heads, log, wakes, () -> now);
        FileStore store = files(resources);
        SessionResources attached =
                new SessionResources(finder, resources, store, new SessionRepositories(safe), () -> now);
        Sessions sessions = new Sessions(
                resources,
                heads,
                log,
                spill,
                wakes,
                feed,
                () -> now,
                agents,
                environments,
                vaults,
                finder,
                posts,
                attached,
                new Budgets(Catalog.bundled()));
        EventStreams streams = new EventStreams(heads, log, feed, ids, () -> now, limits);
        Events events = new Events(finder, posts, new EventPages(heads, log), streams, spill, Catalog.bundled());
        Threads threads = new Threads(finder, events, () -> now);
        return new Routes(
                        agents,
                        environments,
                        sessions,
                        events,
                        attached,
                        threads,
                        vaults,
                        new Credentials(this.resources, safe, vaults),
                        new Exports(finder, heads, log, blobs, () -> now),
                        new Facts(finder, log),
                        new Files(store, () -> now),
                        new Models(Catalog.bundled()))
                .table();
    }

    FileStore files(Resources resources) {
        return new FileStore(resources, contents, heads::lives, () -> now, ids);
    }

    private final Wakes wakes = new Wakes() {
        @Override
        public void send(Head stored) {
            woken.add(stored.thread());
        }

        @Override
        public void sendAt(ThreadId thread, Instant when) {}
    };

    /** Of routes that are made from now on. */
    StreamLimits limits = StreamLimits.NONE;

    /** Of routes that are made from now on. */
    Feed feed = (Feed.Untold) (thread, deltas) -> new Feed.Watch() {
        @Override
        public Feed.News next(Duration timeout) {
            return news.isEmpty() ? new Feed.News.Nothing() : news.remove().get();
        }

        @Override
        public void close() {}
    };

    /** A client that reads until there is no more news. */
    private final class Reader implements EventStream {
        final List<Sent> sent = new ArrayList<>();

        @Override
        public boolean send(String name, String id, JsonNode data) {
            sent.add(new Sent(name, id, Json.read(Json.bytes(data), JsonNode.class)));
            return true;
        }

        @Override
        public boolean ping() {
            sent.add(new Sent("ping", null, null));
            return true;
        }

        @Override
        public boolean open() {
            return !news.isEmpty();
        }
    }

    /** What the stream sends until the news is over, without pings. */
    List<Sent> stream(String path) {
        return stream(path, () -> {});
    }

    /** @param meanwhile happens when the client has the answer's headers and its feed has not begun */
    List<Sent> stream(String path, Runnable meanwhile) {
        return stream(routes, path, meanwhile).stream()
                .filter(sent -> !sent.name().equals("ping"))
                .toList();
    }

    List<Sent> streamWithPings(String path) {
        return stream(routes, path);
    }

    List<Sent> stream(RouteTable table, String path) {
        return stream(table, path, () -> {});
    }

    private List<Sent> stream(RouteTable table, String path, Runnable meanwhile) {
        try {
            Reader reader = new Reader();
            Answer.Stream stream = (Answer.Stream) answer(table, "GET", path, Json.object());
            meanwhile.run();
            stream.feed().feed(reader);
            return reader.sent;
        } catch (RuntimeException broken) {
            throw broken;
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /** A session of a new agent in a new environment. @param more fields of the request, each with its comma before it */
    String session(String more) {
        return ok(post(
                        "/v1/sessions",
                        more.contains("'agent'")
                                ? "{'environment_id':'%s'%s}".formatted(environment(), more)
                                : "{'agent':'%s','environment_id':'%s'%s}".formatted(agent(), environment(), more)))
                .text("id");
    }

    String agent() {
        return ok(post("/v1/agents", "{'name':'helper','model':'claude-sonnet-5'}"))
                .text("id");
    }

    String environment() {
        return ok(post("/v1/environments", "{'name':'e" + ids.next() + "'}")).text("id");
    }

    Reply send(String session, String... events) {
        return post("/v1/sessions/" + session + "/events", "{'events':[" + String.join(",", events) + "]}");
    }

    static String says(String text) {
        return "{'type':'user.message','content':[{'type':'text','text':'" + text + "'}]}";
    }

    static String answers(String question) {
        return "{'type':'user.custom_tool_result','custom_tool_use_id':'" + question + "'}";
    }

    Reply get(String path) {
        return call("GET", path, Json.object());
    }

    Reply delete(String path) {
        return call("DELETE", path, Json.object());
    }

    /** @param body JSON, with apostrophes for quotation marks */
    Reply post(String path, String body) {
        return call("POST", path, json(body));
    }

    Reply ok(Reply reply) {
        assertThat(reply.status()).as(reply.body().toString()).isEqualTo(200);
        return reply;
    }

    static ObjectNode json(String text) {
        return (ObjectNode) Json.parse(text.replace('\'', '"'));
    }

    Reply call(String method, String path, ObjectNode body) {
        try {
            return switch (answer(method, path, body)) {
                // Through bytes, so that what cannot be written fails here.
                case Answer.Json json -> new Reply(json.status(), Json.read(Json.bytes(json.body()), JsonNode.class));
                case Answer.Stream stream -> new Reply(200, Json.object());
                case Answer.Lines lines -> new Reply(200, Json.object());
                case Answer.File file -> new Reply(200, Json.object());
            };
        } catch (Refused refused) {
            return new Reply(refused.error().status(), refused.error().body("req_1"));
        } catch (RuntimeException | Error broken) {
            throw broken;
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }

    private Answer answer(String method, String path, ObjectNode body) throws Exception {
        return answer(routes, method, path, body);
    }

    Answer answer(RouteTable table, String method, String path, ObjectNode body) throws Exception {
        int question = path.indexOf('?');
        return switch (table.find(method, question < 0 ? path : path.substring(0, question))) {
            case RouteTable.Match.NoSuchPath none -> new Answer.Json(404, Json.object());
            case RouteTable.Match.WrongMethod wrong -> new Answer.Json(405, Json.object());
            case RouteTable.Match.Found found -> {
                Query query = Query.parse(question < 0 ? null : path.substring(question + 1));
                Call call = new Call(
                        "req_1",
                        workspace,
                        found.parameters(),
                        query,
                        headers::get,
                        body,
                        ids,
                        firstTriedAt,
                        firstTriedAt != null && !firstAttempt);
                yield found.route().begin().apply(found.parameters()).answer(call);
            }
        };
    }
}
