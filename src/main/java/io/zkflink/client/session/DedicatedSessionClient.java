// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.DedicatedSession;
import io.zkflink.client.SessionIdentity;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.annotation.Internal;

/** A client with a session of its own. */
@Internal
public final class DedicatedSessionClient extends SessionClient implements DedicatedSession {

    private final Session session;
    /** What the server puts before every path of this user: chroot and namespace. */
    private final String serverPrefix;

    /**
     * Starts connecting, without waiting.
     *
     * @param previous a session to go on with; empty for a new one
     */
    public static DedicatedSession open(ConnectionSettings settings, Optional<SessionIdentity> previous) {
        Session session = new Session(settings, previous.orElse(null));
        session.open();
        return new DedicatedSessionClient(session, settings);
    }

    private DedicatedSessionClient(Session session, ConnectionSettings settings) {
        super(session, settings.namespace(), session::close);
        this.session = session;
        this.serverPrefix = settings.base();
    }

    @Override
    public Optional<SessionIdentity> identity() {
        return session.identity();
    }

    @Override
    public Duration negotiatedTimeout() {
        return session.negotiatedTimeout();
    }

    @Override
    public CompletableFuture<List<String>> ephemerals() {
        return session.ephemerals().thenApply(paths -> paths.stream()
                .filter(path -> path.startsWith(serverPrefix + "/"))
                .map(path -> path.substring(serverPrefix.length()))
                .toList());
    }

    @Override
    public void detach() {
        session.detach();
        close();
    }
}
