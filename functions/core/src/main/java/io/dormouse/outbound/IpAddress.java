package io.dormouse.outbound;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** An address, four or sixteen bytes, and what it is for. Reads only the one way of writing that all programs agree on. */
public final class IpAddress {
    /** What is not the public internet: the registries of special-purpose addresses, and what clouds keep for themselves. */
    private static final List<Block> SPECIAL = List.of(
            // Before the blocks that they lie in: addresses at which clouds tell a machine its credentials.
            Block.never("169.254.0.0/16", "link_local"),
            Block.never("100.100.100.200/32", "metadata"),
            Block.never("168.63.129.16/32", "metadata"),
            Block.never("192.0.0.192/32", "metadata"),
            Block.never("0.0.0.0/8", "this_network"),
            Block.of("10.0.0.0/8", "private"),
            Block.of("100.64.0.0/10", "shared"),
            Block.of("127.0.0.0/8", "loopback"),
            Block.of("172.16.0.0/12", "private"),
            Block.never("192.0.0.0/24", "protocol"),
            Block.never("192.0.2.0/24", "documentation"),
            Block.never("192.31.196.0/24", "protocol"),
            Block.never("192.52.193.0/24", "protocol"),
            Block.never("192.88.99.0/24", "six_to_four"),
            Block.of("192.168.0.0/16", "private"),
            Block.never("192.175.48.0/24", "protocol"),
            Block.of("198.18.0.0/15", "benchmarking"),
            Block.never("198.51.100.0/24", "documentation"),
            Block.never("203.0.113.0/24", "documentation"),
            Block.never("224.0.0.0/4", "multicast"),
            Block.never("240.0.0.0/4", "reserved"),
            Block.never("fd00:ec2::/32", "metadata"),
            Block.never("fd20:ce::/32", "metadata"),
            Block.never("::/128", "unspecified"),
            Block.of("::1/128", "loopback"),
            Block.never("::ffff:0:0/96", "v4_mapped"),
            Block.never("::ffff:0:0:0/96", "v4_translated"),
            Block.never("::/96", "v4_compatible"),
            Block.never("64:ff9b::/96", "nat64"),
            Block.never("64:ff9b:1::/48", "nat64"),
            Block.never("100::/64", "discard"),
            Block.never("100:0:0:1::/64", "discard"),
            Block.never("2001::/32", "teredo"),
            Block.never("2001::/23", "protocol"),
            Block.never("2001:db8::/32", "documentation"),
            Block.never("2002::/16", "six_to_four"),
            Block.never("2620:4f:8000::/48", "protocol"),
            Block.never("3fff::/20", "documentation"),
            Block.never("5f00::/16", "segment_routing"),
            Block.of("fc00::/7", "unique_local"),
            Block.never("fe80::/10", "link_local"),
            Block.never("fec0::/10", "site_local"),
            Block.never("ff00::/8", "multicast"));

    /** Only this part of the IPv6 space is handed out to the public internet. */
    private static final Block GLOBAL_V6 = Block.of("2000::/3", "global");

    private final byte[] bytes;

    private IpAddress(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @param bytes four or sixteen */
    public static IpAddress of(byte[] bytes) {
        if (bytes.length != 4 && bytes.length != 16) throw new IllegalArgumentException("not an address");
        return new IpAddress(bytes.clone());
    }

    /** Dotted decimal of four parts without leading zeros, or IPv6 without brackets and zone. Empty for any other text. */
    public static Optional<IpAddress> parse(String text) {
        byte[] bytes = text.indexOf(':') >= 0 ? v6(text) : v4(text);
        return bytes == null ? Optional.empty() : Optional.of(new IpAddress(bytes));
    }

    private static byte[] v4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) return null;
        byte[] bytes = new byte[4];
        for (int i = 0; i < 4; i++) {
            int part = number(parts[i], 10, 3);
            if (part < 0 || part > 255 || parts[i].length() > 1 && parts[i].charAt(0) == '0') return null;
            bytes[i] = (byte) part;
        }
        return bytes;
    }

    private static byte[] v6(String text) {
        int gap = text.indexOf("::");
        if (gap != text.lastIndexOf("::")) return null;
        byte[] head = groups(gap < 0 ? text : text.substring(0, gap), gap < 0);
        byte[] tail = gap < 0 ? new byte[0] : groups(text.substring(gap + 2), true);
        if (head == null || tail == null) return null;
        int length = head.length + tail.length;
        if (gap < 0 ? length != 16 : length > 14) return null;
        byte[] bytes = new byte[16];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(tail, 0, bytes, 16 - tail.length, tail.length);
        return bytes;
    }

    /** @param last whether it is the end of the address, where four parts of decimal may stand */
    private static byte[] groups(String text, boolean last) {
        if (text.isEmpty()) return new byte[0];
        String[] parts = text.split(":", -1);
        if (parts.length > 8) return null;
        byte[] bytes = new byte[0];
        for (int i = 0; i < parts.length; i++) {
            byte[] more;
            if (last && i == parts.length - 1 && parts[i].indexOf('.') >= 0) more = v4(parts[i]);
            else {
                int group = number(parts[i], 16, 4);
                more = group < 0 ? null : new byte[] {(byte) (group >> 8), (byte) group};
            }
            if (more == null) return null;
            bytes = Arrays.copyOf(bytes, bytes.length + more.length);
            System.arraycopy(more, 0, bytes, bytes.length - more.length, more.length);
        }
        return bytes;
    }

    private static int number(String text, int radix, int digits) {
        if (text.isEmpty() || text.length() > digits) return -1;
        int number = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) return -1;
            number = number * radix + digit;
        }
        return number;
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    public boolean isV6() {
        return bytes.length == 16;
    }

    /** Whether a stranger may be sent there: an address of the public internet and nothing else. */
    public boolean isPublic() {
        return kind().equals("public");
    }

    /** {@code public}, or what the address is kept for, for example {@code loopback}. */
    public String kind() {
        Block block = special();
        return block != null ? block.kind() : isV6() && !GLOBAL_V6.holds(this) ? "reserved" : "public";
    }

    /** Whether an operator may open it by name: it is the machine's own or its network's, and tells no cloud's secrets. */
    public boolean mayBeOpened() {
        Block block = special();
        return block == null ? isPublic() : block.mayBeOpened();
    }

    private Block special() {
        for (Block block : SPECIAL) if (block.holds(this)) return block;
        return null;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IpAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Dotted decimal, or all eight groups of IPv6. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        if (!isV6()) {
            for (byte part : bytes) text.append(text.isEmpty() ? "" : ".").append(part & 255);
            return text.toString();
        }
        for (int i = 0; i < 16; i += 2)
            text.append(i == 0 ? "" : ":").append(HexFormat.of().formatHex(bytes, i, i + 2));
        return text.toString();
    }

    private record Block(IpAddress base, int bits, String kind, boolean mayBeOpened) {
        static Block of(String text, String kind) {
            return parse(text, kind, true);
        }

        static Block never(String text, String kind) {
            return parse(text, kind, false);
        }

        private static Block parse(String text, String kind, boolean mayBeOpened) {
            int slash = text.indexOf('/');
            IpAddress base = IpAddress.parse(text.substring(0, slash)).orElseThrow();
            return new Block(base, Integer.parseInt(text.substring(slash + 1)), kind, mayBeOpened);
        }

        boolean holds(IpAddress address) {
            if (address.bytes.length != base.bytes.length) return false;
            int whole = bits / 8;
            if (!Arrays.equals(address.bytes, 0, whole, base.bytes, 0, whole)) return false;
            int rest = 8 - bits % 8;
            return rest == 8 || (address.bytes[whole] & 255) >> rest == (base.bytes[whole] & 255) >> rest;
        }
    }
}
