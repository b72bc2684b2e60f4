package io.dormouse.proxy.http;

import io.dormouse.outbound.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.time.Duration;

/** Makes connections to addresses. Names play no part in it. */
public interface Sockets {
    /** @throws java.net.SocketTimeoutException in time */
    Socket connect(IpAddress address, int port, Duration patience) throws IOException;

    /** Those of the machine; no proxy of the JVM's settings either. */
    Sockets SYSTEM = (address, port, patience) -> {
        Socket socket = new Socket(Proxy.NO_PROXY);
        try {
            InetAddress bytes = InetAddress.getByAddress(address.bytes());
            socket.connect(new InetSocketAddress(bytes, port), (int) Math.max(1, patience.toMillis()));
            socket.setTcpNoDelay(true);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    };
}
