package io.dormouse.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A million URLs: whichever we allow, nobody else may read another host or port in it. That others allow more, or nothing at
 * all, is fine.
 */
class UrlFuzzTest {
    private static final int COUNT = 1_000_000;
    private static final List<String> ALLOWED = new ArrayList<>();
    private static final List<String> REFUSED = new ArrayList<>();

    @BeforeAll
    static void make() {
        UrlMaker maker = new UrlMaker(20261128);
        for (int i = 0; i < COUNT; i++) {
            String url = maker.next();
            if (HttpUrl.parse(url).isPresent()) ALLOWED.add(url);
            else if (REFUSED.size() < 20_000) REFUSED.add(url);
        }
        // Too few on either side, and the rest would show nothing.
        assertThat(ALLOWED).hasSizeBetween(COUNT / 6, COUNT * 3 / 4);
    }

    /** Null when both mean the same. @param other {@code host port}, or null when it is no URL to them */
    private static String difference(String url, String other) {
        if (other == null) return null;
        HttpUrl ours = HttpUrl.parse(url).orElseThrow();
        int space = other.lastIndexOf(' ');
        String host = other.substring(0, space).toLowerCase(Locale.ROOT);
        if (host.startsWith("[")) host = host.substring(1, host.length() - 1);
        if (host.endsWith(".")) host = host.substring(0, host.length() - 1);
        String port = other.substring(space + 1);
        boolean same = ours.host().isAddress()
                ? IpAddress.parse(host).equals(Optional.of(ours.host().address()))
                : host.equals(ours.host().text());
        if (same && port.equals(Integer.toString(ours.port()))) return null;
        return url + " is " + ours.host() + " " + ours.port() + " to us and " + other + " to them";
    }

    private static void report(List<String> differences, int read) {
        assertThat(differences.stream().limit(20)).isEmpty();
        // Most of what we allow is a URL to everybody.
        assertThat(read).isGreaterThan(ALLOWED.size() / 2);
    }

    private static String byUri(String url) {
        try {
            URI uri = new URI(url);
            int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
            return uri.getHost() == null ? null : uri.getHost() + " " + port;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    @Test
    void the_uri_of_java_reads_no_other_host() {
        List<String> differences = new ArrayList<>();
        int read = 0;
        for (String url : ALLOWED) {
            String other = byUri(url);
            if (other != null) read++;
            String difference = difference(url, other);
            if (difference != null) differences.add(difference);
        }
        report(differences, read);
    }

    @Test
    void curl_reads_no_other_host() {
        Optional<Curl> found = Curl.find();
        assumeTrue(found.isPresent(), "there is no libcurl here");
        List<String> differences = new ArrayList<>();
        int read = 0;
        try (Curl curl = found.get()) {
            for (String url : ALLOWED) {
                String other = curl.read(url);
                if (other != null) read++;
                String difference = difference(url, other);
                if (difference != null) differences.add(difference);
            }
        }
        report(differences, read);
    }

    @Test
    void the_url_of_browsers_as_node_has_it_reads_no_other_host() throws Exception {
        String program = "const r=require('readline').createInterface({input:process.stdin});let o=[];"
                + "const flush=()=>{process.stdout.write(o.join(''));o=[]};"
                + "r.on('line',l=>{try{const u=new URL(l);o.push(u.hostname+' '+(u.port||(u.protocol==='https:'?443:80))+'\\n')}"
                + "catch(e){o.push('!\\n')}if(o.length>5000)flush()});r.on('close',flush);";
        Process node;
        try {
            node = new ProcessBuilder("node", "-e", program).start();
        } catch (IOException e) {
            assumeTrue(false, "there is no Node here");
            return;
        }
        // What we allow is printable ASCII: one line each.
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            try (BufferedWriter out = node.outputWriter()) {
                for (String url : ALLOWED) out.append(url).append('\n');
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        List<String> differences = new ArrayList<>();
        int read = 0;
        try (BufferedReader in = node.inputReader()) {
            for (String url : ALLOWED) {
                String other = in.readLine();
                assertThat(other).isNotNull();
                if (!other.equals("!")) read++;
                String difference = difference(url, other.equals("!") ? null : other);
                if (difference != null) differences.add(difference);
            }
        } finally {
            node.destroy();
        }
        writing.join();
        report(differences, read);
    }

    /** The URLs are bad enough: who reads up to the first slash, and takes what is behind the last at sign, is led astray. */
    @Test
    void a_careless_reader_is_caught() {
        int astray = 0;
        for (String url : REFUSED) {
            String rest = url.substring(url.indexOf("//") + 2);
            String careless = rest.split("[/:]", 2)[0].toLowerCase(Locale.ROOT);
            String other = byUri(url);
            if (other != null && !other.toLowerCase(Locale.ROOT).startsWith(careless + " ")) astray++;
        }
        assertThat(astray).isGreaterThan(200);
    }
}
