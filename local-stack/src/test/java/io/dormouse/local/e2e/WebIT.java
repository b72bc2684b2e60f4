package io.dormouse.local.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.dormouse.testkit.messages.Script;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The web tools of an agent, with a server of this process as the web. */
@Timeout(300)
class WebIT {
    private final Queue<String> seen = new ConcurrentLinkedQueue<>();
    private final Brain brain = new Brain();
    private HttpServer web;
    private String port;
    private RunningSuite suite;

    @BeforeEach
    void start() throws IOException {
        web = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        web.createContext("/", exchange -> {
            String path = exchange.getRequestURI().toString();
            seen.add(exchange.getRequestHeaders().getFirst("Host") + path);
            byte[] body = ("<title>Hello</title><p>You are at <b>" + path + "</b>.").getBytes(StandardCharsets.UTF_8);
            if (path.startsWith("/to/")) {
                exchange.getResponseHeaders().set("Location", "http://" + path.substring(4));
                exchange.sendResponseHeaders(302, -1);
            } else {
                exchange.getResponseHeaders().set("Content-Type", "text/html");
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
            exchange.close();
        });
        web.start();
        port = ":" + web.getAddress().getPort();
        suite = RunningSuite.startWith(Map.of(
                "DORMOUSE_API_KEY",
                RunningSuite.KEY,
                "ANTHROPIC_BASE_URL",
                brain.address().toString(),
                "DORMOUSE_PRIVATE_HOSTS",
                "page.test%1$s=127.0.0.1,other.test%1$s=127.0.0.1".formatted(port)));
    }

    @AfterEach
    void stop() {
        if (suite != null) suite.close();
        web.stop(0);
        brain.close();
    }

    @Test
    void pages_are_fetched_through_the_proxy_within_the_agents_domains_and_without_a_sandbox() {
        Brain.Role role = brain.role(
                Brain.call("t1", "web_fetch", "url", "http://page.test" + port + "/a?b=1#c"),
                Brain.call("t2", "web_fetch", "url", "http://page.test" + port + "/to/page.test" + port + "/moved"),
                Brain.call("t3", "web_fetch", "url", "http://page.test" + port + "/to/other.test" + port + "/"),
                Brain.call("t4", "web_fetch", "url", "http://other.test" + port + "/"),
                Brain.call("t5", "web_fetch", "url", "http://127.0.0.1" + port + "/"),
                Brain.call("t6", "web_fetch", "url", "http://sub.page.test" + port + "/to/169.254.169.254/"),
                Brain.call("t7", "web_search", "query", "x"),
                Script.text("Done."));
        try (Client client = new Client(suite.address(), RunningSuite.KEY)) {
            Talk talk = client.talk(
                    role,
                    "[{\"type\":\"agent_toolset_20260401\",\"configs\":[{\"name\":\"web_fetch\","
                            + "\"allowed_domains\":[\"page.test\"]}]}]");
            talk.say("go");
            List<JsonNode> events = talk.settled();
            assertThat(Talk.said(events)).containsExactly("Done.");
            List<String> results = Talk.results(events);
            assertThat(results.get(0)).isEqualTo("Title: Hello\n\nYou are at /a?b=1.");
            assertThat(results.get(1))
                    .isEqualTo("[redirected to http://page.test" + port + "/moved]\n\nTitle: Hello\n\n"
                            + "You are at /moved.");
            assertThat(results.get(2)).contains("other.test", "not among the allowed domains");
            assertThat(results.get(3)).contains("other.test", "not among the allowed domains");
            assertThat(results.get(4)).contains("not among the allowed domains");
            assertThat(results.get(5)).startsWith("The page could not be fetched");
            assertThat(results.get(6)).startsWith("web_search is not available");
            assertThat(Talk.of(events, "agent.tool_result"))
                    .extracting(event -> event.path("is_error").asBoolean())
                    .containsExactly(false, false, true, true, true, true, true);
        }
        assertThat(seen).noneMatch(request -> request.startsWith("other.test"));
        assertThat(suite.hands()).isEmpty();
    }
}
