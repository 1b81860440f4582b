// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.settings.SecuritySettings;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.security.auth.login.LoginException;
import javax.security.sasl.SaslException;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a handle known to the servers, on each of its connections: passes the handle's events on, but tells of a
 * connection only once it is authenticated.
 *
 * <p>Authentication data is sent by ZooKeeper's client itself, ahead of anything else. SASL is an exchange of ours that
 * begins with the event of the connection, while nobody else sends anything on it yet.
 */
final class AuthenticationGate implements Watcher {

    static final WatchedEvent FAILED = new WatchedEvent(Event.EventType.None, Event.KeeperState.AuthFailed, null);

    private static final Logger LOG = LoggerFactory.getLogger(AuthenticationGate.class);

    private final SecuritySettings security;
    private final ProbingHostProvider hosts;
    private final Consumer<WatchedEvent> events;
    private final CompletableFuture<RawZooKeeper> client = new CompletableFuture<>();
    /** How many connections the event thread has heard of. */
    private long connectionsSeen;

    private volatile String refusal = "the server refused the credentials";

    AuthenticationGate(SecuritySettings security, ProbingHostProvider hosts, Consumer<WatchedEvent> events) {
        this.security = security;
        this.hosts = hosts;
        this.events = events;
    }

    /** Whose events these are; it may have sent some already. */
    void of(RawZooKeeper zooKeeper) {
        SecuritySettings.AuthData auth = security.auth();
        if (auth != null) {
            refusal = "the server refused the credentials. Check 'auth.scheme' = '" + auth.scheme()
                    + "', 'auth.username' and 'auth.password'";
            String credentials = auth.username() + ":" + auth.password().value();
            zooKeeper.addAuthInfo(auth.scheme(), credentials.getBytes(StandardCharsets.UTF_8));
        }
        client.complete(zooKeeper);
    }

    boolean isBySasl() {
        return security.sasl() != null;
    }

    /** Why the server refused the credentials, once it did. */
    String refusal() {
        return refusal;
    }

    @Override
    public void process(WatchedEvent event) {
        if (!isBySasl()
                || event.getType() != Event.EventType.None
                || event.getState() != Event.KeeperState.SyncConnected) {
            events.accept(event);
            return;
        }
        long connection = ++connectionsSeen;
        if (connection != hosts.connections()) {
            return; // That one is gone already, and the event of the next is on its way.
        }
        CompletableFuture<Void> handshake;
        try {
            handshake = new SaslHandshake(security.sasl(), hosts.current()).with(client.join());
        } catch (LoginException | SaslException | RuntimeException | Error e) {
            // Whatever it is: nobody else would hear of it, and the session would wait for ever.
            handshake = CompletableFuture.failedFuture(e);
        }
        handshake.whenComplete((done, failure) -> authenticated(connection, event, failure));
    }

    private void authenticated(long connection, WatchedEvent event, Throwable failure) {
        Throwable cause = ZooKeeperException.causeOf(failure);
        KeeperException.Code answer = cause instanceof KeeperException keeper ? keeper.code() : null;
        if (cause == null) {
            events.accept(event);
        } else if (connection != hosts.connections()
                || (answer != null && Failure.of(answer).isTransient())) {
            LOG.debug("The connection broke while SASL was under way: {}", cause.toString());
        } else {
            refusal = (answer == null ? describe(cause) : "the server refused the credentials (" + answer + ")")
                    + ". Check " + credentials() + ", and that the server is set up for this SASL mechanism";
            events.accept(FAILED);
        }
    }

    private static String describe(Throwable cause) {
        boolean isTold = cause instanceof LoginException || cause instanceof SaslException;
        return isTold && cause.getMessage() != null ? cause.getMessage() : cause.toString();
    }

    private String credentials() {
        return security.sasl() instanceof SecuritySettings.Kerberos kerberos
                ? "'sasl.kerberos.principal' = '" + kerberos.principal() + "' and 'sasl.kerberos.keytab' = '"
                        + kerberos.keytab() + "'"
                : "'sasl.username' and 'sasl.password'";
    }
}
