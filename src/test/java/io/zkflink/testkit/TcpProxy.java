// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * A network between a client and a server, which can break: {@link #cut} refuses and drops connections, {@link
 * #blackhole} keeps them but lets nothing through, {@link #heal} and {@link #forsake} end either.
 *
 * <p>Life cycle: it listens from its construction to {@link #close}, always on the same port. One daemon thread
 * accepts, and two per connection copy bytes. All methods may be called by any thread.
 */
public final class TcpProxy implements AutoCloseable {

    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int CONNECT_MILLIS = 5_000;

    private enum State {
        OPEN,
        CUT,
        BLACKHOLE,
        CLOSED
    }

    private final int port = Ports.free();
    private final int targetPort;

    private final LongAdder fromClients = new LongAdder();
    private final LongAdder toClients = new LongAdder();

    // Guarded by this.
    private State state = State.OPEN;
    private ServerSocket listener;
    private final Set<Connection> connections = new HashSet<>();

    public TcpProxy(int targetPort) {
        this.targetPort = targetPort;
        listen();
    }

    public int port() {
        return port;
    }

    public String connectString() {
        return "127.0.0.1:" + port;
    }

    /** Closes all connections and refuses new ones. */
    public void cut() {
        become(State.CUT);
    }

    /** Lets nothing through in either direction; new connections are accepted and hear nothing. */
    public void blackhole() {
        become(State.BLACKHOLE);
    }

    /** Lets everything through again, first of all what was held back. */
    public void heal() {
        become(State.OPEN);
    }

    /** Lets new connections through, while those that were held back stay open and never hear anything. */
    public synchronized void forsake() {
        connections.forEach(connection -> connection.isForsaken = true);
        heal();
    }

    /** Whether a client has said something that was not let through. */
    public synchronized boolean isHoldingBack() {
        return connections.stream().anyMatch(connection -> connection.isHeldBack);
    }

    @Override
    public void close() {
        become(State.CLOSED);
    }

    /** How many bytes clients have sent. */
    public long bytesFromClients() {
        return fromClients.sum();
    }

    /** How many bytes were sent to clients. */
    public long bytesToClients() {
        return toClients.sum();
    }

    /** The ports that the server sees connections from this proxy come from. */
    synchronized Set<Integer> upstreamPorts() {
        return connections.stream().map(Connection::upstreamPort).collect(Collectors.toSet());
    }

    private void become(State next) {
        List<Connection> victims = List.of();
        synchronized (this) {
            if (state == State.CLOSED) {
                return;
            }
            state = next;
            if (next == State.CUT || next == State.CLOSED) {
                closeQuietly(listener);
                listener = null;
                victims = List.copyOf(connections);
            } else if (listener == null) {
                listen();
            }
            notifyAll();
        }
        victims.forEach(Connection::close);
    }

    private synchronized void listen() {
        try {
            ServerSocket next = new ServerSocket();
            next.setReuseAddress(true);
            bind(next);
            listener = next;
            run("accept", () -> accept(next));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void bind(ServerSocket next) throws IOException {
        long end = System.nanoTime() + Await.TIMEOUT.toNanos();
        while (true) {
            try {
                next.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return;
            } catch (BindException e) {
                // The thread that accepts lets go of the port a moment after its socket was closed.
                if (System.nanoTime() > end) {
                    throw e;
                }
                Await.pause();
            }
        }
    }

    private void accept(ServerSocket from) {
        while (true) {
            Socket client;
            try {
                client = from.accept();
            } catch (IOException e) {
                return; // It was closed.
            }
            try {
                connect(from, client);
            } catch (IOException e) {
                closeQuietly(client); // The server is down, and so are we.
            }
        }
    }

    private void connect(ServerSocket from, Socket client) throws IOException {
        Socket server = new Socket();
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort), CONNECT_MILLIS);
        } catch (IOException e) {
            closeQuietly(server);
            throw e;
        }
        Connection connection = new Connection(client, server);
        synchronized (this) {
            if (listener == from) {
                connections.add(connection);
                connection.open();
                return;
            }
        }
        connection.close();
    }

    /** Waits while nothing may pass; what was held back when the connection is cut never passes. */
    private synchronized void awaitPassage(Connection connection) throws InterruptedException, IOException {
        while ((state == State.BLACKHOLE || connection.isForsaken) && connections.contains(connection)) {
            connection.isHeldBack = true;
            wait();
        }
        connection.isHeldBack = false;
        if (state != State.OPEN || !connections.contains(connection)) {
            throw new IOException("The connection was cut.");
        }
    }

    private synchronized void forget(Connection connection) {
        connections.remove(connection);
        notifyAll();
    }

    private void run(String what, Runnable task) {
        Thread thread = new Thread(task, "proxy-" + port + "-" + what);
        thread.setDaemon(true);
        thread.start();
    }

    private static void closeQuietly(Closeable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (IOException e) {
            // Closing is all that was wanted.
        }
    }

    /** A pair of sockets; when one ends, so does the other. */
    private final class Connection {
        private final Socket client;
        private final Socket server;
        // Guarded by the proxy.
        private boolean isForsaken;
        private boolean isHeldBack;

        Connection(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        int upstreamPort() {
            return server.getLocalPort();
        }

        void open() {
            run("up", () -> copy(client, server));
            run("down", () -> copy(server, client));
        }

        void close() {
            closeQuietly(client);
            closeQuietly(server);
            forget(this);
        }

        private void copy(Socket source, Socket target) {
            byte[] buffer = new byte[BUFFER_BYTES];
            try {
                InputStream in = source.getInputStream();
                OutputStream out = target.getOutputStream();
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                    awaitPassage(this);
                    out.write(buffer, 0, length);
                    (source == client ? fromClients : toClients).add(length);
                }
            } catch (IOException e) {
                // One of the two ends is gone.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                close();
            }
        }
    }
}
