package io.dormouse.outbound;

import java.util.Random;

/** Makes URLs as attackers and accidents do: parts that are right, parts that are not, and edits across their borders. */
final class UrlMaker {
    private static final String[] SCHEMES = {
        "https://",
        "https://",
        "https://",
        "http://",
        "http://",
        "HTTP://",
        "HttpS://",
        "https:/",
        "http:",
        "//",
        "https:\\\\",
        "https:/\\",
        "ftp://",
        "https:///",
        "http:// ",
        " http://",
        "view-source:https://",
        "https;//"
    };
    private static final String[] NAMES = {
        "allowed.com",
        "allowed.com",
        "evil.com",
        "a.b.c.example.org",
        "x",
        "localhost",
        "API.Example.ORG",
        "xn--bcher-kva.de",
        "xn--fa-hia.de",
        "xn--a",
        "xn--",
        "XN--BCHER-KVA.de",
        "xn--80ak6aa92e.com",
        "a-b.co",
        "1a.com",
        "a1",
        "1.example",
        "0x7f",
        "0xg.com",
        "allowed_host.com",
        "bücher.de",
        "ＡＬＬＯＷＥＤ.com",
        "allowed。com",
        "ﬀ.com",
        "①.com",
        "ß.de",
        "a\u00ad.com",
        "a\u200d.com",
        "K.com",
        "ſ.com",
        "a--b.com",
        "ab--c.com",
        "-a.com",
        "a-.com",
        "com",
        "e.g",
        "127.0.0.1.nip.io",
        "0.org",
        "xn--1ch.com",
        "xn--zca.com"
    };
    private static final String[] NUMBERS = {
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "0",
        "00",
        "1",
        "1.2",
        "8.8.8.8",
        "08.8.8.8",
        "8.8.8.08",
        "1.2.3.256",
        "256.1.1.1",
        "1.2.3.4.5",
        "169.254.169.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[2606:4700:4700::1111]",
        "[2606:4700:4700:0:0:0:0:1111]",
        "[64:ff9b::a9fe:a9fe]",
        "[::127.0.0.1]",
        "[1:2:3:4:5:6:7:8]",
        "[1:2:3:4:5:6:7::]",
        "[::1%25lo]",
        "[fe80::1%eth0]",
        "[::g]",
        "[1::2::3]",
        "[::1.2.3]",
        "[v1.a]",
        "[]",
        "[::01]",
        "[0::00001]",
        "[::1.2.3.04]",
        "1.2.3.4.",
        "a.1",
        "a.0x1",
        "1.a",
        "0x",
        "0x.com",
        "a.0x",
        "9999999999",
        "1..2",
        "١.1.1.1"
    };
    private static final String[] PORTS = {
        "", "", "", "", "", "", ":443", ":80", ":8443", ":8080", ":1", ":65535", ":65536", ":", ":0", ":00", ":080",
        ":443:80", ":-1", ":+80", ":8 0", ":a", ":0x50", ":４４３"
    };
    private static final String[] RESTS = {
        "",
        "/",
        "/",
        "/path",
        "/a/../b",
        "/@evil.com",
        "/\\evil.com",
        "\\evil.com",
        "?x@evil.com",
        "?",
        "?a=b",
        "#",
        "#@allowed.com",
        "/#@evil.com",
        "/x?y=http://evil.com/",
        "/%2e%2e/",
        ";evil.com",
        "/a:b@c",
        "@evil.com",
        "@evil.com/",
        ":pw@evil.com/",
        "/\t",
        "\t",
        "\r\n",
        "/a b",
        "%2f@evil.com",
        "/?#",
        "//evil.com/",
        "/[::1]",
        "/{x}|y",
        "&@evil.com",
        ",evil.com",
        "/%00"
    };
    private static final String[] USERS = {
        "a@", "a:b@", "@", "allowed.com@", "allowed.com:443@", "a%40b@", "a\\@", "a/@", "::@", "[::1]@"
    };
    private static final String NASTY =
            "\\/@#?:;,%&=+*!'\"<>[]{}|^`~_-. \t\r\n\0\u000b\u007f\u0085\u00a0\u00ad\u2000\u2028\u3002\uff0e\uff0f\uff61\ufe52\ufeff\u200b08xXaA。．／＠：ß";

    private final Random random;

    UrlMaker(long seed) {
        this.random = new Random(seed);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private String of(String[] choices) {
        return choices[random.nextInt(choices.length)];
    }

    private char nasty() {
        return NASTY.charAt(random.nextInt(NASTY.length()));
    }

    String next() {
        StringBuilder url = new StringBuilder(chance(85) ? SCHEMES[random.nextInt(5)] : of(SCHEMES));
        if (chance(8)) url.append(of(USERS));
        url.append(host());
        url.append(chance(80) ? PORTS[random.nextInt(12)] : of(PORTS));
        url.append(chance(70) ? RESTS[random.nextInt(4)] : of(RESTS));
        if (chance(30)) for (int edits = 1 + random.nextInt(3); edits > 0; edits--) edit(url);
        return url.toString();
    }

    private String host() {
        StringBuilder host = new StringBuilder(chance(70) ? of(NAMES) : of(NUMBERS));
        if (chance(30)) host.append(chance(60) ? '.' : nasty()).append(chance(80) ? of(NAMES) : of(NUMBERS));
        if (chance(15)) letters(host);
        if (chance(10)) host.append('.');
        if (chance(10)) edit(host);
        if (chance(4)) escape(host);
        if (chance(5)) flip(host);
        return host.toString();
    }

    /** Letters, digits and dashes, and so mostly still a host. */
    private void letters(StringBuilder host) {
        String plain = "abcxyzXN019-.";
        for (int count = 1 + random.nextInt(6); count > 0; count--)
            host.insert(random.nextInt(host.length() + 1), plain.charAt(random.nextInt(plain.length())));
    }

    private void flip(StringBuilder host) {
        for (int i = 0; i < host.length(); i++)
            if (chance(50)) host.setCharAt(i, Character.toUpperCase(host.charAt(i)));
    }

    private void escape(StringBuilder host) {
        if (host.isEmpty()) return;
        int at = random.nextInt(host.length());
        host.replace(at, at + 1, String.format(chance(50) ? "%%%02x" : "%%%02X", host.charAt(at) & 255));
    }

    private void edit(StringBuilder text) {
        int at = random.nextInt(text.length() + 1);
        switch (random.nextInt(4)) {
            case 0 -> text.insert(at, nasty());
            case 1 -> text.delete(at, Math.min(text.length(), at + 1));
            case 2 -> {
                if (at < text.length()) text.setCharAt(at, nasty());
            }
            default -> {
                if (at + 1 < text.length()) text.insert(random.nextInt(text.length()), text.charAt(at));
            }
        }
    }
}
