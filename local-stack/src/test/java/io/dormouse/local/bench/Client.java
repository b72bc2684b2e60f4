package io.dormouse.local.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.dormouse.json.Json;
import java.io.IOException;

/** What benchmarks ask of the suite's API. For one thread. */
final class Client implements AutoCloseable {
    private static final String MESSAGE =
            "{\"events\":[{\"type\":\"user.message\",\"content\":[{\"type\":\"text\",\"text\":\"a question\"}]}]}";

    private final int port;
    private final Connection connection;

    Client(int port) throws IOException {
        this.port = port;
        this.connection = new Connection(port);
    }

    /** @param tools JSON @return its id */
    String agent(String tools) throws IOException {
        return id(connection.call(
                "POST", "/v1/agents", "{\"name\":\"a\",\"model\":\"claude-sonnet-5\",\"tools\":" + tools + "}"));
    }

    String environment() throws IOException {
        return id(connection.call("POST", "/v1/environments", "{\"name\":\"e\"}"));
    }

    String session(String agent, String environment) throws IOException {
        return id(connection.call(
                "POST", "/v1/sessions", "{\"agent\":\"" + agent + "\",\"environment_id\":\"" + environment + "\"}"));
    }

    private static String id(String body) {
        return Json.parse(body).path("id").asText();
    }

    /** @param query for example {@code ?event_deltas[]=agent.message}, or empty */
    Subscription stream(String session, String query, String lastId) throws IOException {
        return new Subscription(port, "/v1/sessions/" + session + "/events/stream" + query, lastId);
    }

    /** Sends a message; {@link #accepted} is to follow. */
    void post(String session) throws IOException {
        connection.send("POST", "/v1/sessions/" + session + "/events", MESSAGE);
    }

    /** Waits until the message is accepted. */
    void accepted() throws IOException {
        connection.body();
    }

    JsonNode events(String session, String page) throws IOException {
        String cursor = page == null ? "" : "&page=" + page;
        return Json.parse(
                connection.call("GET", "/v1/sessions/" + session + "/events?limit=1000&order=asc" + cursor, ""));
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
