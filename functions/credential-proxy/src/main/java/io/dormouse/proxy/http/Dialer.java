package io.dormouse.proxy.http;

import io.dormouse.outbound.HttpUrl;
import io.dormouse.outbound.IpAddress;
import io.dormouse.outbound.Refusal;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Opens connections to addresses that were decided on, and checks that who answers is the host that was meant. */
final class Dialer {
    private final Sockets sockets;
    private final SSLSocketFactory tls;

    Dialer(Sockets sockets, SSLSocketFactory tls) {
        this.sockets = sockets;
        this.tls = tls;
    }

    /** A connection to the first address that answers. */
    Socket dial(List<IpAddress> addresses, int port, Duration patience) throws Failure {
        long end = System.nanoTime() + patience.toNanos();
        boolean late = false;
        for (int i = 0; i < addresses.size(); i++) {
            long left = (end - System.nanoTime()) / (addresses.size() - i);
            if (left <= 0) break;
            try {
                return sockets.connect(addresses.get(i), port, Duration.ofNanos(left));
            } catch (IOException e) {
                late = e instanceof SocketTimeoutException;
            }
        }
        if (late) throw new Failure(Refusal.TIMEOUT, "nobody answered in time");
        throw new Failure(Refusal.CONNECT_FAILED, "no connection could be made");
    }

    /** TLS for the URL's host over that connection: its name is asked for, and the certificate must bear it. */
    Socket secure(Socket socket, HttpUrl url) throws IOException {
        SSLSocket secured = (SSLSocket) tls.createSocket(socket, url.host().text(), url.port(), true);
        SSLParameters parameters = secured.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        if (!url.host().isAddress())
            parameters.setServerNames(List.of(new SNIHostName(url.host().text())));
        parameters.setApplicationProtocols(new String[] {"http/1.1"});
        parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
        secured.setSSLParameters(parameters);
        secured.startHandshake();
        return secured;
    }

    static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is of no use either way.
        }
    }
}
