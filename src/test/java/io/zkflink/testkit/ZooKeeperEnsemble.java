// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * As many ZooKeeper servers as a {@code zoo.cfg} names, in processes of their own, with its configuration but for
 * addresses and directories.
 *
 * <p>Life cycle: {@link #start}, then kills, pauses and restarts of single servers, then {@link #close}. For one thread
 * at a time.
 */
public final class ZooKeeperEnsemble implements AutoCloseable {

    private static final String SERVER = "server.";

    private final List<ZooKeeperProcess> servers;

    public ZooKeeperEnsemble(Path configuration) {
        List<String> lines;
        try {
            lines = Files.readAllLines(configuration).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Integer> ids = IntStream.rangeClosed(
                        1,
                        Math.toIntExact(lines.stream()
                                .filter(line -> line.startsWith(SERVER))
                                .count()))
                .boxed()
                .toList();
        List<String> members = ids.stream()
                .map(id -> SERVER + id + "=127.0.0.1:" + Ports.free() + ":" + Ports.free())
                .toList();
        servers = ids.stream()
                .map(id -> {
                    ZooKeeperProcess.Builder builder =
                            ZooKeeperProcess.builder().member(id, members);
                    lines.stream()
                            .filter(line -> !line.startsWith(SERVER) && !line.contains("Dir="))
                            .forEach(builder::line);
                    return builder.build();
                })
                .toList();
    }

    /** Starts all servers, and waits until all serve. */
    public ZooKeeperEnsemble start() {
        servers.forEach(ZooKeeperProcess::launch);
        servers.forEach(ZooKeeperProcess::awaitServing);
        return this;
    }

    public List<ZooKeeperProcess> servers() {
        return servers;
    }

    /** The server that leads; waits until there is one. */
    public ZooKeeperProcess leader() {
        List<ZooKeeperProcess> found = new ArrayList<>();
        Await.until("the ensemble has a leader", () -> {
            servers.stream()
                    .filter(server -> server.mode().equals("leader"))
                    .findFirst()
                    .ifPresent(found::add);
            return !found.isEmpty();
        });
        return found.get(0);
    }

    public String connectString() {
        return servers.stream().map(ZooKeeperProcess::connectString).collect(Collectors.joining(","));
    }

    @Override
    public void close() {
        servers.forEach(ZooKeeperProcess::close);
    }
}
