// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.zookeeper.server.ContainerManager;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/**
 * A ZooKeeper server inside this JVM, on the loopback interface, with its data in a directory that is empty when it
 * starts and goes when the JVM goes (so that Ctrl-C leaves nothing behind).
 */
final class EmbeddedZooKeeper implements AutoCloseable {

    private static final int TICK_MILLIS = 2_000;
    private static final int CONTAINER_CHECK_MILLIS = 60_000;
    private static final int CONTAINERS_PER_MINUTE = 10_000;
    private static final int ANY_NUMBER = 0;

    private final ServerCnxnFactory connections;
    private final ContainerManager containers;

    private EmbeddedZooKeeper(ServerCnxnFactory connections, ContainerManager containers) {
        this.connections = connections;
        this.containers = containers;
    }

    /**
     * Starts a server.
     *
     * @param port 0 for any free one
     * @param data its directory, whose contents are lost
     */
    static EmbeddedZooKeeper start(int port, Path data) throws IOException, InterruptedException {
        ServerCnxnFactory connections = bind(port);
        delete(data);
        Files.createDirectories(data);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(data), "quickstart-cleanup"));
        Server server = new Server(data);
        connections.startup(server);
        ContainerManager containers = server.containers();
        containers.start();
        return new EmbeddedZooKeeper(connections, containers);
    }

    String connectString() {
        return "localhost:" + connections.getLocalPort();
    }

    @Override
    public void close() {
        containers.stop();
        connections.shutdown();
    }

    private static ServerCnxnFactory bind(int port) throws IOException {
        try {
            return ServerCnxnFactory.createFactory(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANY_NUMBER);
        } catch (BindException e) {
            throw new IOException(
                    "Port " + port
                            + " of localhost is taken, so the quickstart cannot start its ZooKeeper server there. "
                            + "If that is a ZooKeeper server, use it with -Dzk=localhost:" + port
                            + "; another one with -Dzk=host:port.",
                    e);
        }
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // The server may still be writing while the JVM goes down; it is a temporary directory all the same.
        }
    }

    /** A bare server neither removes empty containers nor znodes whose time is over: that is the manager's work. */
    private static final class Server extends ZooKeeperServer {
        Server(Path data) throws IOException {
            super(data.toFile(), data.toFile(), TICK_MILLIS);
        }

        ContainerManager containers() {
            return new ContainerManager(getZKDatabase(), firstProcessor, CONTAINER_CHECK_MILLIS, CONTAINERS_PER_MINUTE);
        }
    }
}
