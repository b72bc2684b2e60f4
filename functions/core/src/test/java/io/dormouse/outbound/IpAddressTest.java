package io.dormouse.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class IpAddressTest {
    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow(() -> new AssertionError(text));
    }

    @Test
    void what_is_not_the_public_internet_is_known_by_its_kind() {
        Map<String, String> kinds = Map.ofEntries(
                Map.entry("0.0.0.0", "this_network"),
                Map.entry("0.1.2.3", "this_network"),
                Map.entry("10.0.0.1", "private"),
                Map.entry("10.255.255.255", "private"),
                Map.entry("100.64.0.0", "shared"),
                Map.entry("100.127.255.255", "shared"),
                Map.entry("100.100.100.200", "metadata"),
                Map.entry("127.0.0.1", "loopback"),
                Map.entry("127.255.255.254", "loopback"),
                Map.entry("168.63.129.16", "metadata"),
                Map.entry("169.254.169.254", "link_local"),
                Map.entry("169.254.170.2", "link_local"),
                Map.entry("172.16.0.1", "private"),
                Map.entry("172.31.255.255", "private"),
                Map.entry("192.0.0.8", "protocol"),
                Map.entry("192.0.0.192", "metadata"),
                Map.entry("192.0.2.1", "documentation"),
                Map.entry("192.31.196.1", "protocol"),
                Map.entry("192.52.193.1", "protocol"),
                Map.entry("192.88.99.1", "six_to_four"),
                Map.entry("192.168.1.1", "private"),
                Map.entry("192.175.48.1", "protocol"),
                Map.entry("198.18.0.1", "benchmarking"),
                Map.entry("198.19.255.255", "benchmarking"),
                Map.entry("198.51.100.7", "documentation"),
                Map.entry("203.0.113.7", "documentation"),
                Map.entry("224.0.0.1", "multicast"),
                Map.entry("239.255.255.255", "multicast"),
                Map.entry("240.0.0.1", "reserved"),
                Map.entry("255.255.255.255", "reserved"),
                Map.entry("::", "unspecified"),
                Map.entry("::1", "loopback"),
                Map.entry("::169.254.169.254", "v4_compatible"),
                Map.entry("::ffff:169.254.169.254", "v4_mapped"),
                Map.entry("::ffff:a9fe:a9fe", "v4_mapped"),
                Map.entry("::ffff:8.8.8.8", "v4_mapped"),
                Map.entry("::ffff:0:8.8.8.8", "v4_translated"),
                Map.entry("64:ff9b::a9fe:a9fe", "nat64"),
                Map.entry("64:ff9b:1::a00:1", "nat64"),
                Map.entry("100::1", "discard"),
                Map.entry("2001::1", "teredo"),
                Map.entry("2001:2::1", "protocol"),
                Map.entry("2001:10::1", "protocol"),
                Map.entry("2001:20::1", "protocol"),
                Map.entry("2001:1ff::1", "protocol"),
                Map.entry("2001:db8::1", "documentation"),
                Map.entry("2002:a9fe:a9fe::", "six_to_four"),
                Map.entry("2620:4f:8000::1", "protocol"),
                Map.entry("3fff:fff::1", "documentation"),
                Map.entry("5f00::1", "segment_routing"),
                Map.entry("fc00::1", "unique_local"),
                Map.entry("fdff::1", "unique_local"),
                Map.entry("fd00:ec2::254", "metadata"),
                Map.entry("fe80::1", "link_local"),
                Map.entry("febf::1", "link_local"),
                Map.entry("fec0::1", "site_local"),
                Map.entry("ff02::1", "multicast"),
                Map.entry("4000::1", "reserved"),
                Map.entry("1::1", "reserved"));
        kinds.forEach((text, kind) -> {
            assertThat(address(text).kind()).as(text).isEqualTo(kind);
            assertThat(address(text).isPublic()).as(text).isFalse();
        });
    }

    @Test
    void the_neighbours_of_those_ranges_are_public() {
        for (String text : new String[] {
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "203.0.112.255",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:db7::1",
            "2001:db9::1",
            "2003::1",
            "2606:4700:4700::1111",
            "3ffe:ffff::1"
        }) assertThat(address(text).kind()).as(text).isEqualTo("public");
    }

    @Test
    void an_operator_may_open_his_own_network_and_no_metadata() {
        for (String text : new String[] {
            "127.0.0.1", "10.0.0.5", "192.168.1.1", "172.16.3.4", "100.64.1.1", "fd12::1", "::1", "8.8.8.8"
        }) assertThat(address(text).mayBeOpened()).as(text).isTrue();
        for (String text : new String[] {
            "169.254.169.254",
            "169.254.170.2",
            "100.100.100.200",
            "168.63.129.16",
            "fd00:ec2::254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "224.0.0.1",
            "255.255.255.255"
        }) assertThat(address(text).mayBeOpened()).as(text).isFalse();
    }

    @Test
    void only_one_way_of_writing_is_read() {
        for (String text : new String[] {
            "",
            "1",
            "1.2.3",
            "1.2.3.4.",
            "1.2.3.4.5",
            "01.2.3.4",
            "1.2.3.04",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "1.2.3.256",
            "1..3.4",
            "1.2.3.-4",
            "1.2.3.+4",
            "2130706433",
            "127.1",
            "1.2.3.4 ",
            "١.2.3.4",
            ":",
            ":::",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "1::2::3",
            "1:2:3:4:5:6:7::8:9",
            "12345::",
            "::g",
            "::1.2.3",
            "::1.2.3.4:5",
            "::1%lo",
            "fe80::1%25eth0",
            "1:2:3:4:5:6:7:1.2.3.4"
        }) assertThat(IpAddress.parse(text)).as(text).isEmpty();
        assertThat(address("2001:DB8::A").toString()).isEqualTo("2001:0db8:0000:0000:0000:0000:0000:000a");
        assertThat(address("1:2:3:4:5:6:1.2.3.4")).isEqualTo(address("1:2:3:4:5:6:102:304"));
        assertThat(address("::8.8.8.8").isV6()).isTrue();
        assertThat(address("1:2:3:4:5:6:7::").bytes()).hasSize(16);
    }
}
