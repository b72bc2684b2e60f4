package io.dormouse.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class SuiteTest {
    @Test
    void the_banner_waits_for_the_port_of_a_server_that_does_not_know_it_yet() throws InterruptedException {
        Iterator<Integer> ports = List.of(-1, -1, 40123).iterator();
        assertThat(Suite.known(ports::next)).isEqualTo(40123);
    }
}
