// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.Acl;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.flink.annotation.Internal;

/**
 * A client whose every write, whatever it is of (rows, parents, deletions below a row, the namespace), is made only
 * while its writer's guard holds. A write that the guard refuses fails with {@link GuardException}; the index of any
 * other refusal counts the caller's own writes.
 *
 * <p>A guard may change something as well: the marker of a transaction. That change belongs to the rows' one request,
 * {@link #advance}. All other requests check the marker and leave it as it is: one that was advanced with the parents
 * would say that the rows are written, which they are not yet.
 */
@Internal
public final class GuardedClient implements ZooKeeperClient {

    private final ZooKeeperClient client;
    private final Supplier<List<ZNodeWrite>> guard;

    /** @param guard what each request begins with, as of its sending: checks, and writes of what exists already */
    public GuardedClient(ZooKeeperClient client, Supplier<List<ZNodeWrite>> guard) {
        this.client = client;
        this.guard = guard;
    }

    @Override
    public CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
        return send(checks(), writes);
    }

    /** As {@link #write}, together with what the guard changes; may have no writes of its own. */
    public CompletableFuture<Optional<WriteRefusal>> advance(List<ZNodeWrite> writes) {
        return send(guard.get(), writes).thenApply(WriteResult::refusal);
    }

    /** Fails with {@link GuardException} unless the guard holds. */
    public CompletableFuture<Void> check() {
        List<ZNodeWrite> checks = checks();
        return checks.isEmpty()
                ? CompletableFuture.completedFuture(null)
                : send(checks, List.of()).thenAccept(result -> {});
    }

    /** The guard's checks, and checks of what it would change. */
    private List<ZNodeWrite> checks() {
        List<ZNodeWrite> checks = new ArrayList<>();
        for (ZNodeWrite write : guard.get()) {
            if (write instanceof ZNodeWrite.SetData set) {
                checks.add(new ZNodeWrite.Check(set.path(), set.version()));
            } else if (write instanceof ZNodeWrite.Check) {
                checks.add(write);
            } else {
                throw new IllegalArgumentException("A guard must not create or delete anything: " + write.path());
            }
        }
        return checks;
    }

    private CompletableFuture<WriteResult> send(List<ZNodeWrite> guards, List<ZNodeWrite> writes) {
        List<ZNodeWrite> all = writes;
        if (!guards.isEmpty()) {
            all = new ArrayList<>(guards.size() + writes.size());
            all.addAll(guards);
            all.addAll(writes);
        }
        return client.writeAndTell(all).thenCompose(result -> {
            if (result.refusal().isEmpty()) {
                return CompletableFuture.completedFuture(result);
            }
            WriteRefusal refusal = result.refusal().get();
            int index = refusal.index() - guards.size();
            return index < 0
                    ? CompletableFuture.failedFuture(new GuardException(refusal))
                    : CompletableFuture.completedFuture(WriteResult.refused(new WriteRefusal(index, refusal.cause())));
        });
    }

    @Override
    public long newestZxid() {
        return client.newestZxid();
    }

    /** A guard that holds has its znode in the namespace, which therefore exists. */
    @Override
    public CompletableFuture<Void> createNamespace(Acl acl) {
        return guard.get().isEmpty() ? client.createNamespace(acl) : check();
    }

    @Override
    public CompletableFuture<Optional<ZNode>> read(String path) {
        return client.read(path);
    }

    @Override
    public CompletableFuture<Optional<ZNode>> stat(String path) {
        return client.stat(path);
    }

    @Override
    public CompletableFuture<Optional<List<String>>> children(String path) {
        return client.children(path);
    }

    @Override
    public CompletableFuture<Boolean> exists(String path) {
        return client.exists(path);
    }

    @Override
    public CompletableFuture<Long> sync() {
        return client.sync();
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
