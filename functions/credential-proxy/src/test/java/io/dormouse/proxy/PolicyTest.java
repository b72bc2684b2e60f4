package io.dormouse.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.dormouse.id.CredentialId;
import io.dormouse.outbound.HostRule;
import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.Networking;
import io.dormouse.outbound.Outbound.Header;
import io.dormouse.outbound.Outbound.Purpose;
import io.dormouse.outbound.Outbound.Request;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** One line for each case: what is asked, and what becomes of it. */
class PolicyTest {
    private static final String API = "https://api.example.org/v1/x";
    private static final String BASIC =
            Base64.getEncoder().encodeToString("me:PH-HEAD".getBytes(StandardCharsets.UTF_8));

    private static final Key HEAD = variable(1, "PH-HEAD", true, false, "api.example.org", "*.wild.example");
    private static final Key BODY = variable(2, "PH-BODY", false, true, "api.example.org");
    private static final Key BOTH =
            new Key.Variable(id(3), "PH-BOTH", List.of(), true, true, true, Secret.of("any-secret"));
    private static final Key SHORT =
            new Key.Variable(id(4), "PH-SHORT", rules("api.example.org"), false, true, true, Secret.of("1234567"));
    private static final Key BROKEN = new Key.Variable(
            id(5), "PH-BROKEN", rules("api.example.org"), false, true, true, Secret.of("two\r\nlines"));
    private static final Key NESTED = new Key.Variable(
            id(6), "PH-NESTED", rules("api.example.org"), false, true, true, Secret.of("holds PH-HEAD itself"));
    private static final Key BEARER =
            new Key.Bearer(id(7), url("https://mcp.example.org/mcp"), Secret.of("mcp-secret"));
    private static final Key REPOSITORY =
            new Key.Repository(id(8), url("https://git.example.org/me/repo"), Secret.of("git-secret"));

    private static final List<Key> KEYS = List.of(HEAD, BODY, BOTH, SHORT, BROKEN, NESTED, BEARER, REPOSITORY);
    private static final List<HttpUrl> SERVERS =
            List.of(url("https://mcp.example.org/mcp"), url("https://open.example.org/mcp"));
    private static final PrivateHosts OPENED =
            PrivateHosts.parse("git.internal:8443=10.0.0.5,localhost:9000=127.0.0.1");
    private static final Networking OPEN = new Networking.Unrestricted();

    private record Case(
            String name,
            Networking networking,
            Purpose purpose,
            String method,
            String url,
            List<Header> headers,
            String body,
            String outcome) {}

    private static final List<Case> CASES = new ArrayList<>();

    static {
        // ---- requests
        sandbox("a plain request", API, "", "", "allow");
        sandbox("no URL", "nonsense", "", "", "request_invalid");
        sandbox("user information", "https://api.example.org@evil.example/", "", "", "request_invalid");
        method("CONNECT", "request_invalid");
        method("TRACE", "request_invalid");
        method("GET /x HTTP/1.1\r\nX:", "request_invalid");
        method("", "request_invalid");
        method("PROPFIND", "allow");
        sandbox("CR LF in a value", API, "x: a\r\nHost: evil", "", "request_invalid");
        sandbox("NUL in a value", API, "x: a\0b", "", "request_invalid");
        sandbox("a folded line", API, "x: a\r\n b", "", "request_invalid");
        sandbox("a blank in a name", API, "x y: a", "", "request_invalid");
        sandbox("two hosts", API, "Host: a|Host: b", "", "request_invalid");
        sandbox("another host is not passed on", API, "Host: evil.example", "", "allow");
        sandbox("two lengths", API, "Content-Length: 2|Transfer-Encoding: chunked", "ab", "request_invalid");
        sandbox("a wrong length", API, "Content-Length: 3", "ab", "request_invalid");
        sandbox("a right length", API, "Content-Length: 2", "ab", "allow");
        sandbox("a connection that hides", API, "Connection: authorization", "", "request_invalid");
        sandbox("a connection that closes", API, "Connection: close, TE", "", "allow");
        sandbox(
                "what is a proxy's own",
                API,
                "Proxy-Authorization: x|X-Forwarded-For: 1.2.3.4|Via: x|Forwarded: x|x: y",
                "",
                "allow x=y");
        sandbox("too many headers", API, "x: y|".repeat(101), "", "request_invalid");
        sandbox("too large a head", API, "x: " + "y".repeat(70_000), "", "request_invalid");

        // ---- destinations
        sandbox("loopback", "http://127.0.0.1/", "", "", "destination_denied");
        sandbox("metadata", "http://169.254.169.254/latest", "", "", "destination_denied");
        sandbox("metadata of tasks", "http://169.254.170.2/v2/credentials", "", "", "destination_denied");
        sandbox("mapped", "http://[::ffff:169.254.169.254]/", "", "", "destination_denied");
        sandbox("NAT64", "http://[64:ff9b::a9fe:a9fe]/", "", "", "destination_denied");
        sandbox("6to4", "http://[2002:a9fe:a9fe::]/", "", "", "destination_denied");
        sandbox("a number", "http://2130706433/", "", "", "request_invalid");
        sandbox("localhost", "http://localhost./", "", "", "destination_denied");
        sandbox("below localhost", "http://x.localhost/", "", "", "destination_denied");
        sandbox("internal", "http://metadata.google.internal/", "", "", "destination_denied");
        sandbox("another protocol's port", "http://api.example.org:25/", "", "", "destination_denied");
        sandbox("a port of users", "http://plain.example:8080/", "", "", "allow");
        sandbox("a public address", "http://8.8.8.8/", "", "", "allow");
        sandbox("an opened host", "http://localhost:9000/", "", "", "allow");
        sandbox("an opened host at another port", "http://localhost:9001/", "", "", "destination_denied");
        sandbox("an opened host's address", "http://127.0.0.1:9000/", "", "", "destination_denied");
        for (Purpose purpose : Purpose.values())
            CASES.add(new Case(
                    "private for " + purpose,
                    OPEN,
                    purpose,
                    "GET",
                    "http://10.0.0.1/",
                    List.of(),
                    "",
                    "destination_denied"));

        // ---- environments
        limited("named", "https://named.example/", false, false, "allow");
        limited("not named", "https://other.example/", false, false, "host_not_allowed");
        limited("below a name", "https://a.wild.example/", false, false, "allow");
        limited("looks like it", "https://named.example.evil.example/", false, false, "host_not_allowed");
        limited("private all the same", "http://127.0.0.1/", false, false, "destination_denied");
        limited("MCP, no", "https://mcp.example.org/mcp", false, false, "host_not_allowed");
        limited("MCP, yes", "https://mcp.example.org/other", true, false, "allow");
        limited("packages, no", "https://pypi.org/simple", false, false, "host_not_allowed");
        limited("packages, yes", "https://pypi.org/simple", false, true, "allow");
        limited("packages at another port", "https://pypi.org:8443/simple", false, true, "host_not_allowed");
        Networking none = new Networking.Limited(List.of(), false, false);
        CASES.add(new Case(
                "limits bind the sandbox", none, Purpose.FETCH, "GET", "https://x.example/", List.of(), "", "allow"));
        CASES.add(new Case(
                "limits do not bind MCP",
                none,
                Purpose.MCP,
                "POST",
                "https://open.example.org/mcp",
                List.of(),
                "",
                "allow"));

        // ---- placeholders
        sandbox("in its place", API, "Authorization: Bearer PH-HEAD", "", "inject 1 Authorization=Bearer head-secret");
        sandbox("in any header", API, "X-Custom: a PH-HEAD b", "", "inject 1 X-Custom=a head-secret b");
        sandbox("below its wildcard", "https://a.wild.example/", "X: PH-HEAD", "", "inject 1 X=head-secret");
        sandbox("twice in a header", API, "X: PH-HEAD PH-HEAD", "", "inject 1 X=head-secret head-secret");
        sandbox("two of them", API, "X: PH-HEAD|Y: PH-BOTH", "", "inject 1,3 X=head-secret Y=any-secret");
        sandbox("in a second header", API, "X: PH-HEAD|Y: PH-HEAD", "", "credential_not_allowed");
        sandbox("towards another host", "https://evil.example/", "X: PH-HEAD", "", "credential_not_allowed");
        sandbox(
                "towards a host below an exact rule",
                "https://x.api.example.org/",
                "X: PH-HEAD",
                "",
                "credential_not_allowed");
        sandbox("without TLS", "http://api.example.org/", "X: PH-HEAD", "", "credential_not_allowed");
        sandbox("without TLS to an opened host", "http://localhost:9000/", "X: PH-BOTH", "", "inject 3 X=any-secret");
        sandbox("in a header, for bodies only", API, "X: PH-BODY", "", "credential_not_allowed");
        sandbox("in a body, for headers only", API, "", "x=PH-HEAD", "credential_not_allowed");
        sandbox("in a body", API, "", "x=PH-BODY&y=1", "inject 2 body=x=body-secret&y=1");
        sandbox("in a body towards another host", "https://evil.example/", "", "PH-BODY", "credential_not_allowed");
        sandbox("anywhere", "https://any.example/", "X: PH-BOTH", "PH-BOTH", "inject 3 X=any-secret body=any-secret");
        sandbox("in a path", "https://api.example.org/PH-HEAD", "", "", "credential_not_allowed");
        sandbox("in a query", API + "?k=PH-HEAD", "", "", "credential_not_allowed");
        sandbox("in a query, escaped", API + "?k=PH%2DHEAD", "", "", "credential_not_allowed");
        sandbox("in a query, for any host", "https://any.example/?k=PH-BOTH", "", "", "credential_not_allowed");
        sandbox("in a header's name", API, "PH-HEAD: x", "", "credential_not_allowed");
        sandbox("in Basic", API, "Authorization: Basic " + BASIC, "", "credential_not_allowed");
        sandbox("in Referer", API, "Referer: PH-HEAD", "", "credential_not_allowed");
        sandbox("in User-Agent", API, "User-Agent: PH-HEAD", "", "credential_not_allowed");
        sandbox("too short a secret", API, "X: PH-SHORT", "", "credential_not_allowed");
        sandbox("a secret of two lines", API, "X: PH-BROKEN", "", "credential_not_allowed");
        sandbox("a secret of two lines in a body", API, "", "PH-BROKEN", "inject 5 body=two\r\nlines");
        sandbox("a secret that holds a placeholder", API, "X: PH-NESTED", "", "inject 6 X=holds PH-HEAD itself");
        sandbox("another case is other text", "https://x.example/", "X: ph-head", "", "allow X=ph-head");
        CASES.add(new Case(
                "fetch swaps nothing",
                OPEN,
                Purpose.FETCH,
                "GET",
                "https://x.example/",
                List.of(new Header("X", "PH-BOTH")),
                "",
                "allow X=PH-BOTH"));

        // ---- credentials of others
        sandbox("another's token", API, "Authorization: Bearer theirs", "", "foreign_credential");
        sandbox("another's key", API, "X-Api-Key: theirs", "", "foreign_credential");
        sandbox(
                "another's key beside ours",
                API,
                "Authorization: Bearer PH-HEAD|X-Api-Key: theirs",
                "",
                "foreign_credential");
        sandbox("another's session token", API, "X-Amz-Security-Token: theirs", "", "foreign_credential");
        sandbox("another's in a query", API + "?a=1&access%5Ftoken=theirs", "", "", "foreign_credential");
        sandbox("another's cookie", API, "Cookie: theirs|X: PH-HEAD", "", "inject 1 X=head-secret");
        sandbox("another's cookie without ours", API, "Cookie: theirs", "", "allow");
        sandbox(
                "another's at the MCP server",
                "https://mcp.example.org/mcp",
                "Authorization: x",
                "",
                "foreign_credential");
        sandbox(
                "another's at the repository's host",
                "https://git.example.org/evil",
                "Authorization: x",
                "",
                "foreign_credential");
        sandbox(
                "another's beside one for any host",
                "https://any.example/",
                "X-Api-Key: theirs|X: PH-BOTH",
                "",
                "foreign_credential");
        sandbox(
                "one's own where we have none",
                "https://any.example/?api_key=x",
                "Authorization: mine|Cookie: c",
                "",
                "allow Authorization=mine Cookie=c");

        // ---- MCP
        mcp("its server", "https://mcp.example.org/mcp", "", "inject 7 Authorization=Bearer mcp-secret");
        mcp(
                "its server, whatever is set",
                "https://mcp.example.org/mcp",
                "authorization: x",
                "inject 7 Authorization=Bearer mcp-secret");
        mcp("a server without a credential", "https://open.example.org/mcp", "", "allow");
        mcp("another path", "https://mcp.example.org/mcp/", "", "host_not_allowed");
        mcp("another query", "https://mcp.example.org/mcp?x", "", "host_not_allowed");
        mcp("another scheme", "http://mcp.example.org/mcp", "", "host_not_allowed");
        mcp("another host", "https://evil.example/mcp", "", "host_not_allowed");
        mcp("placeholders mean nothing", "https://open.example.org/mcp", "X: PH-BOTH", "allow X=PH-BOTH");

        // ---- git
        String token = "inject 8 Authorization=Basic "
                + Base64.getEncoder().encodeToString("x-access-token:git-secret".getBytes(StandardCharsets.UTF_8));
        git("its repository", "https://git.example.org/me/repo/info/refs?service=git-upload-pack", token);
        git("its repository, .git", "https://git.example.org/me/repo.git/git-receive-pack", token);
        git("another repository", "https://git.example.org/me/other/info/refs", "host_not_allowed");
        git("a longer name", "https://git.example.org/me/repository/info/refs", "host_not_allowed");
        git("up and over", "https://git.example.org/me/repo/../other/info/refs", "host_not_allowed");
        git("up and over, escaped", "https://git.example.org/me/repo/%2e%2e/other", "host_not_allowed");
        git("two slashes", "https://git.example.org/me/repo//x", "host_not_allowed");
        git("another port", "https://git.example.org:8443/me/repo/info/refs", "allow");
        git("a public repository", "https://other.example.org/x/y/info/refs", "allow");

        // ---- git, run in the sandbox
        String host = "https://git.example.org";
        sandbox("a clone", host + "/me/repo/info/refs?service=git-upload-pack", "", "", token);
        sandbox("a push", host + "/me/repo.git/git-receive-pack", "", "0000", token);
        sandbox("a push with a token of its own", host + "/me/repo/git-receive-pack", "Authorization: x", "", token);
        sandbox("another repository is read", host + "/me/other/info/refs?service=git-upload-pack", "", "", "allow");
        sandbox("another repository with a token", host + "/me/other/x", "Authorization: x", "", "foreign_credential");
        sandbox("at another port", host + ":8443/me/repo/info/refs", "", "", "allow");
        sandbox("without TLS", "http://git.example.org/me/repo/info/refs", "", "", "allow");
        sandbox("the host alone", host + "/", "", "", "allow");
        sandbox("the owner alone", host + "/me/", "", "", "allow");
        sandbox("the repository's page", host + "/me/repo", "", "", "allow");
        sandbox("another case", host + "/me/REPO/info/refs", "", "", "allow");
        for (String path : List.of("/me/repo/../other", "/me/repo/%2e%2e/other", "/me/repo//../other", "/me/repo/./x"))
            sandbox("no token at " + path, host + path, "", "", "allow");
        for (String path : List.of(
                "/me/other/info/refs?service=git-receive-pack",
                "/me/other/info/refs?x=y&service=git-receive-pack",
                "/me/other/info/refs?service=git%2Dreceive-pack",
                "/me/other/git-receive-pack",
                "/me/other/git-receive-pack?x",
                "/me/other/git-receive-pack/",
                "/me/other/git%2dreceive%2Dpack",
                "/me/repo/../other/git-receive-pack",
                "/me/repo/%2e%2e/other/git-receive-pack",
                "/me/repo//git-receive-pack",
                "/me/repository/git-receive-pack"))
            sandbox("no push to " + path, host + path, "", "", "host_not_allowed");
    }

    private static CredentialId id(int number) {
        return new CredentialId("vcrd_" + number);
    }

    private static HttpUrl url(String text) {
        return HttpUrl.parse(text).orElseThrow();
    }

    private static List<HostRule> rules(String... hosts) {
        return Stream.of(hosts).map(host -> HostRule.parse(host).orElseThrow()).toList();
    }

    private static Key variable(int number, String placeholder, boolean inHeader, boolean inBody, String... hosts) {
        Secret secret = Secret.of(placeholder.substring(3).toLowerCase() + "-secret");
        return new Key.Variable(id(number), placeholder, rules(hosts), false, inHeader, inBody, secret);
    }

    private static List<Header> headers(String lines) {
        List<Header> headers = new ArrayList<>();
        for (String line : lines.split("\\|"))
            if (!line.isEmpty())
                headers.add(new Header(line.substring(0, line.indexOf(": ")), line.substring(line.indexOf(": ") + 2)));
        return headers;
    }

    private static void sandbox(String name, String url, String headers, String body, String outcome) {
        CASES.add(new Case(name, OPEN, Purpose.SANDBOX, "POST", url, headers(headers), body, outcome));
    }

    private static void method(String method, String outcome) {
        CASES.add(new Case("method " + method, OPEN, Purpose.SANDBOX, method, API, List.of(), "", outcome));
    }

    private static void limited(String name, String url, boolean mcp, boolean packages, String outcome) {
        Networking networking = new Networking.Limited(rules("named.example", "*.wild.example"), mcp, packages);
        CASES.add(new Case("limited: " + name, networking, Purpose.SANDBOX, "GET", url, List.of(), "", outcome));
    }

    private static void mcp(String name, String url, String headers, String outcome) {
        CASES.add(new Case("MCP: " + name, OPEN, Purpose.MCP, "POST", url, headers(headers), "{}", outcome));
    }

    private static void git(String name, String url, String outcome) {
        CASES.add(new Case("git: " + name, OPEN, Purpose.GIT, "GET", url, List.of(), "", outcome));
    }

    private static Request request(String method, String url, List<Header> headers, String body) {
        return new Request(method, url, headers, InputStream.nullInputStream(), body.length());
    }

    @TestFactory
    Stream<DynamicTest> table() {
        return CASES.stream()
                .map(one -> DynamicTest.dynamicTest(
                        one.name(), () -> assertThat(outcome(decide(one), one)).isEqualTo(one.outcome())));
    }

    private static Decision decide(Case one) {
        Policy policy = new Policy(new Ring.Open(one.networking(), SERVERS, KEYS), OPENED);
        byte[] body = policy.looksIntoBodies(one.purpose()) ? one.body().getBytes(StandardCharsets.ISO_8859_1) : null;
        return policy.decide(one.purpose(), request(one.method(), one.url(), one.headers(), one.body()), body);
    }

    private static String outcome(Decision decision, Case one) {
        return switch (decision) {
            case Decision.Deny deny -> {
                assertThat(deny.message()).isNotBlank().doesNotContain("secret");
                yield deny.refusal().word();
            }
            case Decision.Allow allow -> {
                assertThat(allow.toString()).doesNotContain("secret");
                StringBuilder text = new StringBuilder(allow.used().isEmpty() ? "allow" : "inject ");
                text.append(String.join(
                        ",",
                        allow.used().stream()
                                .map(key -> key.id().text().substring(5))
                                .toList()));
                for (Header header : allow.headers())
                    if (!header.name().equals("Accept-Encoding"))
                        text.append(' ').append(header.name()).append('=').append(header.value());
                String body = allow.body() == null ? one.body() : new String(allow.body(), StandardCharsets.ISO_8859_1);
                if (!body.equals(one.body())) text.append(" body=").append(body);
                yield text.toString();
            }
        };
    }

    @Test
    void towards_a_credentialed_host_only_plain_answers_are_asked_for_and_its_secrets_are_hidden() {
        Decision.Allow allow = (Decision.Allow) decide(new Case(
                "",
                OPEN,
                Purpose.SANDBOX,
                "GET",
                API,
                headers("Accept-Encoding: gzip|Range: bytes=0-9|X: PH-HEAD"),
                "",
                ""));
        assertThat(allow.guarded()).isTrue();
        assertThat(allow.headers())
                .containsExactly(new Header("X", "head-secret"), new Header("Accept-Encoding", "identity"));
        // Those of all keys for this host, but for the one that is too short; not the one for any host, which did not
        // leave.
        assertThat(allow.hidden()).hasSize(4).doesNotContain(BOTH.secret(), BEARER.secret());

        Decision.Allow plain = (Decision.Allow) decide(new Case(
                "",
                OPEN,
                Purpose.SANDBOX,
                "GET",
                "https://x.example/",
                headers("Accept-Encoding: gzip|Range: bytes=0-9"),
                "",
                ""));
        assertThat(plain.guarded()).isFalse();
        assertThat(plain.headers()).hasSize(2);
        assertThat(plain.hidden()).isEmpty();
    }

    @Test
    void a_body_that_is_too_large_is_watched_for_placeholders() {
        Policy policy = new Policy(new Ring.Open(OPEN, SERVERS, KEYS), OPENED);
        Decision.Allow allow =
                (Decision.Allow) policy.decide(Purpose.SANDBOX, request("PUT", API, List.of(), ""), null);
        assertThat(allow.body()).isNull();
        assertThat(allow.strays().in("… PH-BODY …")).isEqualTo(BODY);
    }

    @Test
    void an_operator_opens_single_places_and_never_metadata() {
        assertThat(OPENED.of(url("https://git.internal:8443/"))).hasToString("10.0.0.5");
        assertThat(OPENED.of(url("https://git.internal/"))).isNull();
        assertThat(OPENED.of(url("https://x.git.internal:8443/"))).isNull();
        TreeMap<String, String> faults = new TreeMap<>();
        for (String bad : new String[] {
            "a",
            "a=10.0.0.1",
            "a:80",
            "a:80=b",
            "a:80=",
            "a:x=10.0.0.1",
            "a/b:80=10.0.0.1",
            ":80=10.0.0.1",
            "a:80=169.254.169.254",
            "a:80=169.254.170.2",
            "a:80=fd00:ec2::254",
            "a:80=fe80::1",
            "a:80=0.0.0.0",
            "a:80=::ffff:169.254.169.254",
            "a:80=100.100.100.200",
            "a:80=168.63.129.16"
        })
            try {
                PrivateHosts.parse(bad);
            } catch (IllegalArgumentException e) {
                faults.put(bad, e.getMessage());
            }
        assertThat(faults).hasSize(16);
        assertThat(faults.get("a:80=169.254.169.254")).contains("link_local address is never opened");
    }

    @Test
    void a_secret_prints_as_nothing() {
        assertThat(KEYS.toString()).doesNotContain("-secret").contains("secret=Secret");
    }
}
