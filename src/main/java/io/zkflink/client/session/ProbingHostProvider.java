// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.settings.Backoff;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.zookeeper.client.ConnectStringParser;
import org.apache.zookeeper.client.HostProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives ZooKeeper's client the next server to try, with its name resolved anew.
 *
 * <p>The stock provider hands out addresses blindly, and the client then logs a stack trace per second for as long as
 * an outage lasts, without ever telling anybody the cause. This one probes a server before the first connect and after
 * an attempt that failed, backs off exponentially with jitter while nobody answers, logs an outage once and then ever
 * more rarely, and remembers the last cause for the message. A reconnect begins without a probe, which would be one
 * more connection for the server to count and to log.
 *
 * <p>{@link #next} is called by the client's send thread, which may wait there: it has nothing else to do without a
 * connection. All other methods may be called by any thread.
 */
final class ProbingHostProvider implements HostProvider {

    private static final Logger LOG = LoggerFactory.getLogger(ProbingHostProvider.class);
    private static final Duration MAX_WAIT = Duration.ofSeconds(10);
    private static final long CLOSED_WAIT_MILLIS = 100;
    /** After about five minutes with the default waits; a power of two. */
    private static final int FIRST_SUMMARY = 64;
    /** So that a session outlives two servers in a row that accept its connection and never answer. */
    private static final int MIN_ATTEMPTS_PER_SESSION = 3;

    private final ConnectionSettings settings;
    private final ServerProbe probe;
    private final boolean isEncrypted;
    private final Runnable onRefusal;
    private final List<InetSocketAddress> servers;
    /** Those that are probed before they are handed out. */
    private final Set<InetSocketAddress> doubtful;

    private int position = -1;
    private int failedRounds;
    private final Map<InetSocketAddress, String> lastCauses = new LinkedHashMap<>();
    private boolean closed;
    private InetSocketAddress current;
    private volatile long connections;

    /**
     * @param tls null without TLS
     * @param onRefusal called by the send thread when a first connection can never be made, for {@link #lastCauses}
     */
    ProbingHostProvider(ConnectionSettings settings, TlsProbe tls, Runnable onRefusal) {
        this(settings, tls, onRefusal, InetAddress::getAllByName);
    }

    /** As above, with somebody else to ask for addresses. */
    ProbingHostProvider(ConnectionSettings settings, TlsProbe tls, Runnable onRefusal, ServerProbe.Names names) {
        this.settings = settings;
        this.probe = new ServerProbe(names, tls);
        this.isEncrypted = tls != null;
        this.onRefusal = onRefusal;
        this.servers = new ArrayList<>(new ConnectStringParser(settings.connectString()).getServerAddresses());
        Collections.shuffle(servers);
        this.doubtful = new HashSet<>(servers);
    }

    /** Why the last attempts to reach the servers failed, in words, with their addresses. */
    synchronized String lastCauses() {
        return lastCauses.isEmpty()
                ? "no server answered the session request: they may have lost their quorum"
                        + (!isEncrypted ? ", or want TLS on this port ('ssl.enabled')" : "")
                : String.join("; ", lastCauses.values());
    }

    /** How often a session request was answered: a number for the current connection, if there is one. */
    long connections() {
        return connections;
    }

    /** The server that was given out last. */
    synchronized InetSocketAddress current() {
        return current;
    }

    /** Makes {@link #next} fail from now on, so that a client that waits for a server can be closed. */
    synchronized void close() {
        closed = true;
        notifyAll();
    }

    /**
     * The client waits for the answer to a session request for the session's timeout divided by this. The number of
     * servers would let a single one, or a name that stands for several, use up the whole session: a server that is
     * just starting may accept a connection, fail to close it and never answer.
     */
    @Override
    public int size() {
        long attempts = settings.sessionTimeout().dividedBy(settings.connectionTimeout());
        return (int)
                Math.max(Math.max(servers.size(), MIN_ATTEMPTS_PER_SESSION), Math.min(attempts, Integer.MAX_VALUE));
    }

    @Override
    public InetSocketAddress next(long spinDelay) {
        // A server that accepts and then drops the connection counts as failed too: each call is one more attempt.
        pause(attempted());
        while (true) {
            int refusals = 0;
            for (int i = 0; i < servers.size(); i++) {
                InetSocketAddress server = advance();
                try {
                    return handOut(server, isDoubtful(server) ? probe.reach(server, share()) : probe.resolve(server));
                } catch (IOException e) {
                    failed(server, e);
                    refusals += e instanceof TlsProbe.Refusal ? 1 : 0;
                }
            }
            logFailedRound();
            if (refusals == servers.size() && connections == 0) {
                onRefusal.run();
            }
            pause(attempted());
        }
    }

    @Override
    public synchronized void onConnected() {
        if (failedRounds > 1) {
            LOG.info("Connected to ZooKeeper at '{}' after {} attempts.", settings.connectString(), failedRounds);
        }
        failedRounds = 0;
        lastCauses.clear();
        doubtful.clear();
        connections++;
    }

    /** Never called: the connect string of a session does not change. */
    @Override
    public boolean updateServerList(Collection<InetSocketAddress> servers, InetSocketAddress current) {
        return false;
    }

    /** If it comes to nothing, the next attempt at this server tells why, unless that was looked into just now. */
    private synchronized InetSocketAddress handOut(InetSocketAddress server, InetSocketAddress resolved) {
        if (!doubtful.remove(server)) {
            doubtful.add(server);
        }
        current = resolved;
        return resolved;
    }

    private synchronized boolean isDoubtful(InetSocketAddress server) {
        return doubtful.contains(server);
    }

    private synchronized int attempted() {
        return failedRounds++;
    }

    private synchronized InetSocketAddress advance() {
        position = (position + 1) % servers.size();
        return servers.get(position);
    }

    /** How long one server may take in a round of all. */
    private Duration share() {
        return settings.connectionTimeout().dividedBy(servers.size());
    }

    private synchronized void failed(InetSocketAddress server, IOException cause) {
        lastCauses.put(server, server.getHostString() + ":" + server.getPort() + ": " + describe(cause));
    }

    /** Once per outage, and then ever more rarely. */
    private synchronized void logFailedRound() {
        if (failedRounds == 1) {
            LOG.warn("ZooKeeper cannot be reached; trying until it answers: {}.", lastCauses());
        } else if (failedRounds >= FIRST_SUMMARY && Integer.bitCount(failedRounds) == 1) {
            LOG.warn("ZooKeeper could not be reached {} times in a row: {}.", failedRounds, lastCauses());
        }
    }

    private static String describe(IOException cause) {
        return cause instanceof UnknownHostException ? "unknown host" : cause.getMessage();
    }

    private synchronized void pause(int round) {
        if (round > 0 && !closed) {
            Duration longest = settings.retryWait();
            await(Backoff.waitMillis(round, longest.compareTo(MAX_WAIT) < 0 ? longest : MAX_WAIT));
        }
        if (closed) {
            // The client is about to be told to close; until it is, it would ask again at once.
            await(CLOSED_WAIT_MILLIS);
            throw new IllegalStateException("The ZooKeeper session is closed.");
        }
    }

    private synchronized void await(long millis) {
        long end = System.nanoTime() + millis * 1_000_000;
        boolean wasClosed = closed;
        try {
            for (long left = millis; left > 0 && closed == wasClosed; left = (end - System.nanoTime()) / 1_000_000) {
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for ZooKeeper.", e);
        }
    }
}
