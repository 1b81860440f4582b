// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import io.zkflink.client.Acl;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Passes requests on to another client, or does to them what a test wants. */
public abstract class ForwardingClient implements ZooKeeperClient {

    private final ZooKeeperClient client;

    protected ForwardingClient(ZooKeeperClient client) {
        this.client = client;
    }

    /** Sends a read or a write. */
    protected abstract <T> CompletableFuture<T> relay(Supplier<CompletableFuture<T>> request);

    @Override
    public CompletableFuture<Optional<ZNode>> read(String path) {
        return relay(() -> client.read(path));
    }

    @Override
    public CompletableFuture<Optional<ZNode>> stat(String path) {
        return relay(() -> client.stat(path));
    }

    @Override
    public CompletableFuture<Optional<List<String>>> children(String path) {
        return relay(() -> client.children(path));
    }

    @Override
    public CompletableFuture<Boolean> exists(String path) {
        return relay(() -> client.exists(path));
    }

    @Override
    public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
        return relay(() -> client.writeAndTell(writes));
    }

    @Override
    public CompletableFuture<Void> createNamespace(Acl acl) {
        return client.createNamespace(acl);
    }

    @Override
    public CompletableFuture<Long> sync() {
        return client.sync();
    }

    @Override
    public long newestZxid() {
        return client.newestZxid();
    }

    @Override
    public Watch watch(String root, WatchListener listener) {
        return client.watch(root, listener);
    }

    @Override
    public Watch listen(WatchListener listener) {
        return client.listen(listener);
    }

    @Override
    public ZooKeeperClient.Statistics statistics() {
        return client.statistics();
    }

    @Override
    public void close() {
        client.close();
    }
}
