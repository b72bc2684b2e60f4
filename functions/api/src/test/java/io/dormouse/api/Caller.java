package io.dormouse.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.dormouse.edge.Answer;
import io.dormouse.edge.Call;
import io.dormouse.edge.Query;
import io.dormouse.edge.RouteTable;
import io.dormouse.harness.Wakes;
import io.dormouse.id.Ids;
import io.dormouse.id.ThreadId;
import io.dormouse.id.WorkspaceId;
import io.dormouse.json.Json;
import io.dormouse.prompt.Catalog;
import io.dormouse.resource.Spill;
import io.dormouse.testkit.memory.MemoryBlobs;
import io.dormouse.testkit.memory.MemoryHeads;
import io.dormouse.testkit.memory.MemoryResources;
import io.dormouse.testkit.memory.MemorySessionLog;
import io.dormouse.wire.Feed;
import io.dormouse.wire.Refused;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;

/** Calls the resources as the gateway does, without HTTP, over memory stores and a clock that the test moves. */
final class Caller {
    static final WorkspaceId HERE = new WorkspaceId("here");

    Instant now = Instant.parse("2026-11-24T10:00:00Z");
    final MemoryResources resources = new MemoryResources(() -> now);
    final MemoryHeads heads = new MemoryHeads();
    final MemorySessionLog log = new MemorySessionLog();
    final Agents agents = new Agents(resources, () -> now, new Models(Catalog.bundled()));
    final Environments environments = new Environments(resources, () -> now);
    Ids ids = new Ids(() -> now, new Random(7));
    final RouteTable routes = routes();
    WorkspaceId workspace = HERE;

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

    private RouteTable routes() {
        Spill spill = new Spill(new MemoryBlobs());
        SessionFinder finder = new SessionFinder(resources, heads);
        Posts posts = new Posts(heads, log, NOBODY_WAKES, () -> now);
        Sessions sessions = new Sessions(
                resources,
                heads,
                log,
                spill,
                NOBODY_WAKES,
                NOBODY_WATCHES,
                () -> now,
                agents,
                environments,
                finder,
                posts);
        EventStreams streams = new EventStreams(heads, log, NOBODY_WATCHES, ids, () -> now);
        Events events = new Events(finder, posts, new EventPages(heads, log), streams, spill, Catalog.bundled());
        Threads threads = new Threads(finder, events, () -> now);
        return new Routes(
                        agents,
                        environments,
                        sessions,
                        events,
                        new SessionResources(finder),
                        threads,
                        new Models(Catalog.bundled()))
                .table();
    }

    private static final Wakes NOBODY_WAKES = new Wakes() {
        @Override
        public void send(ThreadId thread) {}

        @Override
        public void sendAt(ThreadId thread, Instant when) {}
    };

    private static final Feed NOBODY_WATCHES = new Feed() {
        @Override
        public void appended(ThreadId thread) {}

        @Override
        public boolean watched(ThreadId thread) {
            return false;
        }

        @Override
        public void delta(ThreadId thread, ObjectNode event) {}

        @Override
        public Watch watch(ThreadId thread) {
            throw new UnsupportedOperationException("no streams without HTTP");
        }
    };

    void pass(Duration time) {
        now = now.plus(time);
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
        int question = path.indexOf('?');
        try {
            return switch (routes.find(method, question < 0 ? path : path.substring(0, question))) {
                case RouteTable.Match.NoSuchPath none -> new Reply(404, Json.object());
                case RouteTable.Match.WrongMethod wrong -> new Reply(405, Json.object());
                case RouteTable.Match.Found found -> {
                    Query query = Query.parse(question < 0 ? null : path.substring(question + 1));
                    Call call = new Call("req_1", workspace, found.parameters(), query, name -> null, body, ids);
                    yield switch (found.route().handler().answer(call)) {
                        // Through bytes, so that what cannot be written fails here.
                        case Answer.Json json ->
                            new Reply(json.status(), Json.read(Json.bytes(json.body()), JsonNode.class));
                        case Answer.Stream stream -> throw new AssertionError("a stream");
                    };
                }
            };
        } catch (Refused refused) {
            return new Reply(refused.error().status(), refused.error().body("req_1"));
        } catch (RuntimeException | Error broken) {
            throw broken;
        } catch (Exception broken) {
            throw new AssertionError(broken);
        }
    }
}
