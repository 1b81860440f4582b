// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WatchListener;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.batch.ReadBatcher;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** One user's share of a {@link Session}: its place in the queue of reads, its watches, its namespace. */
class SessionClient implements ZooKeeperClient {

    private final Session session;
    private final ReadBatcher.Queue reads;
    /** What stands before every path of this user: a slash and the namespace, or nothing. */
    private final String prefix;

    private final Runnable release;
    private final Set<Watch> watches = new HashSet<>();
    private boolean closed;

    SessionClient(Session session, String namespace, Runnable release) {
        this.session = session;
        this.reads = session.reads().newQueue();
        this.prefix = namespace.isEmpty() ? "" : "/" + namespace;
        this.release = release;
    }

    @Override
    public CompletableFuture<Optional<ZNode>> read(String path) {
        return reads.data(absolute(path), path);
    }

    @Override
    public CompletableFuture<Optional<ZNode>> stat(String path) {
        return reads.stat(absolute(path), path);
    }

    @Override
    public CompletableFuture<Optional<List<String>>> children(String path) {
        return reads.children(absolute(path), path);
    }

    @Override
    public CompletableFuture<Boolean> exists(String path) {
        return reads.exists(absolute(path), path);
    }

    @Override
    public CompletableFuture<Long> sync() {
        return session.sync();
    }

    @Override
    public long newestZxid() {
        return session.newestZxid();
    }

    @Override
    public final CompletableFuture<WriteResult> writeAndTell(List<ZNodeWrite> writes) {
        synchronized (watches) {
            if (closed) {
                return CompletableFuture.failedFuture(ZooKeeperException.closed());
            }
        }
        return session.write(writes, this::absolute);
    }

    @Override
    public CompletableFuture<Void> createNamespace(Acl acl) {
        if (prefix.isEmpty()) {
            return CompletableFuture.failedFuture(session.noChroot());
        }
        CompletableFuture<Void> created = CompletableFuture.completedFuture(null);
        for (int end = prefix.indexOf('/', 1); end > 0; end = prefix.indexOf('/', end + 1)) {
            String path = prefix.substring(0, end);
            created = created.thenCompose(above -> createServerPath(path, acl, false));
        }
        return created.thenCompose(above -> createServerPath(prefix, acl, true));
    }

    /** A server denies a creation before it says that the znode is there already: what is below one will tell. */
    private CompletableFuture<Void> createServerPath(String path, Acl acl, boolean isMissing) {
        ZNodeWrite create = new ZNodeWrite.Create(path, null, CreateMode.PERSISTENT, 0, acl);
        return session.write(List.of(create), UnaryOperator.identity()).thenCompose(result -> {
            Optional<WriteRefusal> refusal = result.refusal();
            Failure failure = refusal.map(WriteRefusal::failure).orElse(Failure.NODE_EXISTS);
            if (failure == Failure.NODE_EXISTS || (failure == Failure.NO_PERMISSION && !isMissing)) {
                return CompletableFuture.completedFuture(null);
            }
            return CompletableFuture.failedFuture(
                    failure == Failure.NO_NODE
                            ? session.noChroot()
                            : refusal.get().cause());
        });
    }

    @Override
    public Watch watch(String root, WatchListener listener) {
        WatchListener relative = prefix.isEmpty() ? listener : new Relative(listener);
        return keep(listener, () -> session.watches().watch(absolute(root), relative));
    }

    @Override
    public Watch listen(WatchListener listener) {
        return keep(listener, () -> session.watches().listen(listener));
    }

    @Override
    public ZooKeeperClient.Statistics statistics() {
        return session.statistics();
    }

    /** Remembers a watch, to be closed with this client. */
    private Watch keep(WatchListener listener, Supplier<Watch> begin) {
        synchronized (watches) {
            if (!closed) {
                Watch watch = begin.get();
                watches.add(watch);
                return () -> end(watch);
            }
        }
        listener.failed(ZooKeeperException.closed());
        return () -> {};
    }

    private void end(Watch watch) {
        synchronized (watches) {
            if (watches.remove(watch)) {
                watch.close();
            }
        }
    }

    @Override
    public void close() {
        synchronized (watches) {
            closed = true;
            watches.forEach(Watch::close);
            watches.clear();
        }
        reads.close();
        release.run();
    }

    private String absolute(String path) {
        return prefix.isEmpty() ? path : path.equals("/") ? prefix : prefix + path;
    }

    /** Takes the namespace off the paths of events. */
    private final class Relative implements WatchListener {
        private final WatchListener listener;

        Relative(WatchListener listener) {
            this.listener = listener;
        }

        @Override
        public void established() {
            listener.established();
        }

        @Override
        public void changed(String path, long zxid) {
            listener.changed(relative(path), zxid);
        }

        @Override
        public void deleted(String path, long zxid) {
            listener.deleted(relative(path), zxid);
        }

        private String relative(String path) {
            return path.length() == prefix.length() ? "/" : path.substring(prefix.length());
        }

        @Override
        public void lost() {
            listener.lost();
        }

        @Override
        public void failed(ZooKeeperException cause) {
            listener.failed(cause);
        }
    }
}
