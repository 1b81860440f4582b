// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Finds an address of a server, one that accepts connections if asked to, or why there is none. Thread-safe. */
final class ServerProbe {

    /** Any question would do: a server answers it, or says that it does not, and closes the connection. */
    private static final byte[] QUESTION = "ruok".getBytes(StandardCharsets.US_ASCII);

    private static final int ANSWER_MILLIS = 500;

    private final Names names;
    /** Null without TLS. */
    private final TlsProbe tls;

    /** What knows the addresses of a name, as of now. */
    interface Names {
        InetAddress[] addressesOf(String host) throws UnknownHostException;
    }

    ServerProbe(Names names, TlsProbe tls) {
        this.names = names;
        this.tls = tls;
    }

    /** Gives an address without connecting to it. */
    InetSocketAddress resolve(InetSocketAddress server) throws IOException {
        return addresses(server).get(0);
    }

    /**
     * Gives an address that accepts connections.
     *
     * @param longest how long all attempts together may take
     */
    InetSocketAddress reach(InetSocketAddress server, Duration longest) throws IOException {
        List<InetSocketAddress> addresses = addresses(server);
        long share = longest.toMillis() / addresses.size();
        int timeout = (int) Math.max(1, Math.min(Integer.MAX_VALUE, share));
        IOException last = null;
        for (InetSocketAddress resolved : addresses) {
            try (Socket socket = new Socket()) {
                socket.connect(resolved, timeout);
                if (tls == null) {
                    awaitEnd(socket);
                } else {
                    tls.handshake(socket, resolved, timeout);
                }
                return resolved;
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    /** A name may stand for several servers, some of them down: at least one, in any order. */
    private List<InetSocketAddress> addresses(InetSocketAddress server) throws IOException {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (InetAddress address : names.addressesOf(server.getHostString())) {
            addresses.add(new InetSocketAddress(address, server.getPort()));
        }
        if (addresses.isEmpty()) {
            throw new IOException("no address");
        }
        Collections.shuffle(addresses);
        return addresses;
    }

    /**
     * Has the server close a connection, which to be closed by its client it would log as a failure. After that it does
     * not count any more where only one is allowed ({@code maxClientCnxns}).
     */
    private static void awaitEnd(Socket socket) {
        try {
            socket.setSoTimeout(ANSWER_MILLIS);
            socket.getOutputStream().write(QUESTION);
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // That it accepted the connection is enough.
        }
    }
}
