// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The only user of a {@link Session}. */
final class OwnedSessionClient extends SessionClient implements OwnedSession {

    private final Session session;
    /** What the server puts before every path of this user: chroot and namespace. */
    private final String serverPrefix;

    OwnedSessionClient(Session session, ConnectionSettings settings) {
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
