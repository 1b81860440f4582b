// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.session.SessionState.Open;
import io.zkflink.client.session.SessionState.Unconnected;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a {@link Session} says of its connection: to the log, and to its users when it has failed. */
final class SessionMessages {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);

    private final ConnectionSettings settings;

    SessionMessages(ConnectionSettings settings) {
        this.settings = settings;
    }

    // ---- To the log.

    void notMade(String reason) {
        LOG.warn("No ZooKeeper client for '{}' could be made: {}", settings.connectString(), reason);
    }

    void connected(boolean isFirst, Duration timeout) {
        long wanted = settings.sessionTimeout().toMillis();
        long granted = timeout.toMillis();
        if (!isFirst) {
            LOG.info("Connected to ZooKeeper at '{}' again.", settings.connectString());
        } else if (granted != wanted) {
            LOG.info(
                    "ZooKeeper at '{}' granted a session timeout of {} ms instead of the 'session-timeout' of {} ms, by"
                            + " its {}.",
                    settings.connectString(),
                    granted,
                    wanted,
                    granted < wanted ? "maxSessionTimeout" : "minSessionTimeout (2 x tickTime where it is not set)");
        } else {
            LOG.info("Connected to ZooKeeper at '{}'.", settings.connectString());
        }
    }

    void disconnected() {
        LOG.info("The connection to ZooKeeper at '{}' is lost.", settings.connectString());
    }

    void expired(boolean isCertain) {
        if (isCertain) {
            LOG.info("The ZooKeeper session at '{}' has expired; opening a new one.", settings.connectString());
        } else {
            LOG.info("The ZooKeeper session at '{}' may have expired; asking for it.", settings.connectString());
        }
    }

    // ---- To users.

    /** Why nothing can be created at all. */
    ZooKeeperException noChroot() {
        return new ZooKeeperException(
                Failure.NO_NODE,
                "The chroot of 'connect-string' = '" + settings.connectString() + "' does not exist, and is never"
                        + " created by this connector. Create it, or correct 'connect-string'.");
    }

    ZooKeeperException refused(Connection connection) {
        return new ZooKeeperException(
                Failure.AUTHENTICATION_FAILED,
                "ZooKeeper at '" + settings.connectString() + "' refused the connection: " + connection.refusal()
                        + ".");
    }

    /** Why there has been no connection in all the time that the settings give it. */
    ZooKeeperException unreachable(SessionState now) {
        String causes = now instanceof Open open
                ? open.connection().lastCauses()
                : now instanceof Unconnected between ? "No client could be made: " + between.reason() : "";
        return new ZooKeeperException(
                Failure.UNREACHABLE,
                String.format(
                        "Could not connect to ZooKeeper at '%s' within %d ms ('connection-timeout' of %d ms x"
                                + " 'max-retry-attempts' of %d). %s. Check that 'connect-string' names the servers"
                                + " and their client port, and that they run.",
                        settings.connectString(),
                        settings.totalTimeout().toMillis(),
                        settings.connectionTimeout().toMillis(),
                        settings.maxRetryAttempts(),
                        causes));
    }
}
