package io.dormouse.edge;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds the route of a request by walking its path segment by segment. A literal segment wins over a parameter, and there
 * is no way back, so that the cost is the number of segments of the longest template, whatever the path looks like.
 */
public final class RouteTable {
    /** No honest path is longer; ids have at most 64 characters. */
    static final int MAX_PATH = 2048;

    private final Node root = new Node();

    public RouteTable(List<Route> routes) {
        for (Route route : routes) {
            Node node = root;
            for (String segment : route.template().substring(1).split("/")) node = node.child(segment);
            if (node.routes.put(route.method(), route) != null)
                throw new IllegalArgumentException("two routes for " + route.method() + " " + route.template());
        }
    }

    public sealed interface Match {
        /** @param parameters by their name in the template, percent-decoded */
        record Found(Route route, Map<String, String> parameters) implements Match {}

        /** @param allowed the methods that the path has, for the {@code allow} header */
        record WrongMethod(String allowed) implements Match {}

        record NoSuchPath() implements Match {}
    }

    /** @param path as on the wire, without the query; a trailing slash does not matter */
    public Match find(String method, String path) {
        if (path.length() > MAX_PATH || !path.startsWith("/")) return new Match.NoSuchPath();
        Map<String, String> parameters = Map.of();
        Node node = root;
        int end = path.length() > 1 && path.endsWith("/") ? path.length() - 1 : path.length();
        for (int start = 1; start <= end; ) {
            int slash = path.indexOf('/', start);
            int stop = slash < 0 || slash > end ? end : slash;
            String segment = path.substring(start, stop);
            Node next = node.literals.get(segment);
            if (next == null) {
                if (node.parameter == null || segment.isEmpty()) return new Match.NoSuchPath();
                String value = decode(segment);
                if (value == null) return new Match.NoSuchPath();
                if (parameters.isEmpty()) parameters = new HashMap<>(4);
                parameters.put(node.parameterName, value);
                next = node.parameter;
            }
            node = next;
            start = stop + 1;
        }
        if (node.routes.isEmpty()) return new Match.NoSuchPath();
        Route route = node.routes.get(method);
        return route == null
                ? new Match.WrongMethod(String.join(", ", node.routes.keySet()))
                : new Match.Found(route, parameters);
    }

    /** Percent-decoding as in RFC 3986 ({@code +} stays a plus); null when it is broken. */
    static String decode(String text) {
        if (text.indexOf('%') < 0) return text;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '%') {
                bytes[length++] = bytes[i];
                continue;
            }
            if (i + 2 >= bytes.length) return null;
            int high = Character.digit(bytes[i + 1], 16);
            int low = Character.digit(bytes[i + 2], 16);
            if (high < 0 || low < 0) return null;
            bytes[length++] = (byte) (high << 4 | low);
            i += 2;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    private static final class Node {
        final Map<String, Node> literals = new HashMap<>();
        final Map<String, Route> routes = new TreeMap<>();
        Node parameter;
        String parameterName;

        Node child(String segment) {
            if (!segment.startsWith("{")) return literals.computeIfAbsent(segment, s -> new Node());
            String name = segment.substring(1, segment.length() - 1);
            if (parameter == null) {
                parameter = new Node();
                parameterName = name;
            } else if (!parameterName.equals(name)) {
                throw new IllegalArgumentException("one place, two names: " + parameterName + " and " + name);
            }
            return parameter;
        }
    }
}
