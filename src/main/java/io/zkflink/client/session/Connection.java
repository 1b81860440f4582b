// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.Failure;
import io.zkflink.client.SessionIdentity;
import io.zkflink.client.WriteResult;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.batch.MultiWrite;
import io.zkflink.client.settings.SecuritySettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.X509Util;

/**
 * ZooKeeper's own client for the life of one session, thrown away with it. It says that it is connected only once the
 * server knows who is. It connects at once; its threads wait with what they have to tell until {@link #listen}.
 */
final class Connection implements WatchRegistry.Target {

    private final ProbingHostProvider hosts;
    private final AuthenticationGate authentication;
    private final RawZooKeeper zooKeeper;
    private final CompletableFuture<Consumer<WatchedEvent>> listener;

    private Connection(
            ProbingHostProvider hosts,
            AuthenticationGate authentication,
            RawZooKeeper zooKeeper,
            CompletableFuture<Consumer<WatchedEvent>> listener) {
        this.hosts = hosts;
        this.authentication = authentication;
        this.zooKeeper = zooKeeper;
        this.listener = listener;
    }

    /**
     * Starts connecting.
     *
     * @param session to go on with; null for a new one
     * @throws ZooKeeperException if it can never connect like this, for example for want of a file
     */
    static Connection open(ConnectionSettings settings, SessionIdentity session) throws IOException {
        ZKClientConfig config = config(settings);
        SecuritySettings.Tls tls = settings.security().tls();
        CompletableFuture<Consumer<WatchedEvent>> listener = new CompletableFuture<>();
        Consumer<WatchedEvent> tell = event -> listener.join().accept(event);
        ProbingHostProvider hosts = new ProbingHostProvider(
                settings, tls == null ? null : new TlsProbe(tls, config), () -> tell.accept(AuthenticationGate.FAILED));
        AuthenticationGate authentication = new AuthenticationGate(settings.security(), hosts, tell);
        int timeout = (int) settings.sessionTimeout().toMillis();
        RawZooKeeper zooKeeper = session == null
                ? new RawZooKeeper(settings.connectString(), timeout, authentication, hosts, config)
                : new RawZooKeeper(settings.connectString(), timeout, authentication, session, hosts, config);
        authentication.of(zooKeeper);
        return new Connection(hosts, authentication, zooKeeper, listener);
    }

    /** Tells of all events from the first one on, on the event thread as a rule. To be called once, in any case. */
    void listen(Consumer<WatchedEvent> onEvent) {
        listener.complete(onEvent);
    }

    private static ZKClientConfig config(ConnectionSettings settings) {
        ZKClientConfig config = new OwnConfig();
        // These two the constructor takes over by itself.
        config.setProperty(ZKClientConfig.ZOOKEEPER_REQUEST_TIMEOUT, null);
        config.setProperty(ZKClientConfig.ZOOKEEPER_SERVER_PRINCIPAL, null);
        config.setProperty(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        config.setProperty(ZKClientConfig.JUTE_MAXBUFFER, String.valueOf(settings.replyLimit()));
        // By default it would accept TLS 1.3 only.
        config.setProperty("zookeeper.ssl.enabledProtocols", X509Util.TLS_1_3 + "," + X509Util.TLS_1_2);
        settings.properties().forEach(config::setProperty);
        settings.securityProperties().forEach(config::setProperty);
        // We count on the watches being there again when the connection is; but a server that insists on SASL refuses
        // to hear of them before.
        config.setProperty(
                ZKClientConfig.DISABLE_AUTO_WATCH_RESET,
                String.valueOf(settings.security().sasl() != null));
        return config;
    }

    /**
     * A configuration that begins empty. The stock one begins with what is set JVM-wide, which Flink does for its own
     * high availability.
     */
    private static final class OwnConfig extends ZKClientConfig {
        @Override
        protected void handleBackwardCompatibility() {
            // Nothing is taken over from system properties.
        }
    }

    ZooKeeper zooKeeper() {
        return zooKeeper;
    }

    SessionIdentity identity() {
        return zooKeeper.identity();
    }

    /** The newest zxid of all replies and events. */
    long newestZxid() {
        return zooKeeper.lastZxid();
    }

    @Override
    public String server() {
        InetSocketAddress current = hosts.current();
        return current.getHostString() + ":" + current.getPort();
    }

    @Override
    public boolean keepsWatches() {
        return !authentication.isBySasl();
    }

    /** Whether a server has ever answered. */
    boolean wasConnected() {
        return hosts.connections() > 0;
    }

    /** Why no server takes us, after the event that says so. */
    String refusal() {
        return wasConnected() ? authentication.refusal() : hosts.lastCauses();
    }

    /** Why no server could be reached. */
    String lastCauses() {
        return hosts.lastCauses();
    }

    @Override
    public CompletableFuture<Long> sync() {
        CompletableFuture<Long> result = new CompletableFuture<>();
        AsyncCallback.VoidCallback answered = (rc, path, ctx) -> answered(result, rc, "sync", "/", this::newestZxid);
        zooKeeper.sync("/", answered, null);
        return result;
    }

    @Override
    public CompletableFuture<Void> addWatch(String root, Watcher watcher) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        AsyncCallback.VoidCallback answered = (rc, path, ctx) -> answered(result, rc, "watch", root, () -> null);
        zooKeeper.addWatch(root, watcher, AddWatchMode.PERSISTENT_RECURSIVE, answered, null);
        return result;
    }

    @Override
    public CompletableFuture<Void> removeWatch(String root) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        AsyncCallback.VoidCallback answered =
                (rc, path, ctx) -> answered(result, rc, "end the watch of", root, () -> null);
        zooKeeper.removeAllWatches(root, Watcher.WatcherType.Any, true, answered, null);
        return result;
    }

    /** As {@link DedicatedSession#ephemerals}, but as the server names them. */
    CompletableFuture<List<String>> ephemerals() {
        CompletableFuture<List<String>> result = new CompletableFuture<>();
        AsyncCallback.EphemeralsCallback answered =
                (rc, ctx, paths) -> answered(result, rc, "list the ephemeral znodes of", "/", () -> paths);
        zooKeeper.getEphemerals(answered, null);
        return result;
    }

    /** Completes a request in every case: what is thrown here nobody would hear of. */
    private static <T> void answered(
            CompletableFuture<T> result, int rc, String verb, String path, Supplier<T> answer) {
        KeeperException.Code code = Failure.code(rc);
        if (code == KeeperException.Code.OK) {
            result.complete(answer.get());
        } else {
            result.completeExceptionally(ZooKeeperException.of(code, verb, path));
        }
    }

    /** As {@link DedicatedSession#writeAndTell}. */
    CompletableFuture<WriteResult> write(List<ZNodeWrite> writes, UnaryOperator<String> serverPath) {
        CompletableFuture<WriteResult> result = new CompletableFuture<>();
        AsyncCallback.MultiCallback answered =
                (rc, path, ctx, results) -> MultiWrite.answered(writes, rc, results, result);
        zooKeeper.multi(MultiWrite.ops(writes, serverPath), answered, null);
        return result;
    }

    /** Begins to end the session. */
    SessionShutdown close() {
        hosts.close();
        return SessionShutdown.closing(zooKeeper);
    }

    /** Begins to end this client, and leaves the session alive. */
    SessionShutdown detach() {
        hosts.close();
        return SessionShutdown.detaching(zooKeeper);
    }
}
