package io.dormouse.outbound;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The host of a URL: a name, or an address in the one way of writing it that all programs agree on.
 *
 * @param text lower case, without a trailing dot; an IPv6 address without brackets
 * @param address null for a name
 */
public record Host(String text, IpAddress address) {
    private static final int MAX_NAME = 253;
    private static final int MAX_LABEL = 63;

    /** Names that every machine or network answers in its own way. They are never looked up. */
    private static final List<String> LOCAL_NAMES =
            List.of("localhost", "localdomain", "local", "internal", "intranet", "home.arpa", "onion");

    /**
     * A name of ASCII letters, digits and dashes (punycode is that), in any case, with or without a final dot; or an
     * address. Empty for anything else: underscores, escapes, and every text that some program takes for a number
     * ({@code 127.1}, {@code 0x7f.0.0.1}, {@code 2130706433}, {@code 1.2.3.4.}).
     */
    public static Optional<Host> parse(String text) {
        if (text.startsWith("["))
            return text.endsWith("]") && text.indexOf(':') > 0
                    ? IpAddress.parse(text.substring(1, text.length() - 1)).map(Host::of)
                    : Optional.empty();
        String name = text.toLowerCase(Locale.ROOT);
        String[] labels = name.split("\\.", -1);
        String last = labels[labels.length - 1];
        boolean dotted = last.isEmpty() && labels.length > 1;
        if (dotted) {
            name = name.substring(0, name.length() - 1);
            last = labels[labels.length - 2];
        }
        if (name.length() > MAX_NAME) return Optional.empty();
        if (isNumber(last))
            return dotted ? Optional.empty() : IpAddress.parse(name).map(Host::of);
        for (int i = 0; i < labels.length - (dotted ? 1 : 0); i++) if (!isLabel(labels[i])) return Optional.empty();
        return Optional.of(new Host(name, null));
    }

    private static Host of(IpAddress address) {
        return new Host(address.toString(), address);
    }

    private static boolean isLabel(String label) {
        if (label.isEmpty() || label.length() > MAX_LABEL || label.startsWith("-") || label.endsWith("-")) return false;
        for (int i = 0; i < label.length(); i++) {
            char c = label.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')) return false;
        }
        // Two dashes at the third place announce an encoding, of which there is one.
        return !label.startsWith("--", 2) || label.startsWith("xn--") && label.length() > 4;
    }

    /** A name that ends in a number is an address to browsers, whatever stands before. */
    private static boolean isNumber(String label) {
        if (label.startsWith("0x")) return true;
        for (int i = 0; i < label.length(); i++) if (label.charAt(i) < '0' || label.charAt(i) > '9') return false;
        return !label.isEmpty();
    }

    public boolean isAddress() {
        return address != null;
    }

    /** A name that means another machine in every network. */
    public boolean isLocalName() {
        return address == null && LOCAL_NAMES.stream().anyMatch(name -> text.equals(name) || text.endsWith("." + name));
    }

    @Override
    public String toString() {
        return address != null && address.isV6() ? "[" + text + "]" : text;
    }
}
