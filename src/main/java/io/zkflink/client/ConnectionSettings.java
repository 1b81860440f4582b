// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import io.zkflink.client.settings.ClientProperties;
import io.zkflink.client.settings.ConnectStrings;
import io.zkflink.client.settings.InvalidSettingException;
import io.zkflink.client.settings.SecuritySettings;
import java.io.Serializable;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * How to reach an ensemble. Users whose settings are equal, apart from the namespace, share a session.
 *
 * @param connectString {@code host:port[,host:port]...[/chroot]}
 * @param namespace a path without leading or trailing slash below which all paths are, or the empty string
 * @param sessionTimeout what to ask for; the server may negotiate less
 * @param connectionTimeout how long one attempt of the first connect may take
 * @param retryWait the longest wait between two attempts to connect; waits grow exponentially up to it
 * @param maxRetryAttempts how many connection timeouts the first connect may take altogether, at least 1
 * @param properties given to {@code ZKClientConfig} as they are; never printed, since they may hold passwords
 * @param security credentials and encryption
 */
@PublicEvolving
public record ConnectionSettings(
        String connectString,
        String namespace,
        Duration sessionTimeout,
        Duration connectionTimeout,
        Duration retryWait,
        int maxRetryAttempts,
        Map<String, String> properties,
        SecuritySettings security)
        implements Serializable {

    /** The client property that bounds a reply, in bytes. */
    public static final String REPLY_LIMIT = "jute.maxbuffer";

    /** ZooKeeper's client gives a server no longer than this to answer. */
    private static final Duration LEAST_TIMEOUT = Duration.ofMillis(100);

    private static final int DEFAULT_REPLY_LIMIT = 64 * 1024 * 1024;
    /** With less, ZooKeeper's client could not even be told that it is connected. */
    private static final int LEAST_REPLY_LIMIT = 1024;

    /**
     * @throws InvalidSettingException if a value breaks a rule
     */
    public ConnectionSettings {
        InvalidSettingException.check(
                "connect-string", connectString, ConnectStrings::check, "write 'host:port[,host:port]...[/chroot]'");
        InvalidSettingException.check(
                "namespace", namespace, ConnectStrings::checkNamespace, "write it like 'team/app'");
        checkBase(connectString, namespace);
        checkTimeout(
                "session-timeout",
                sessionTimeout,
                ", and servers grant their minSessionTimeout at least, which is 2 x tickTime, 4 s, where it is not"
                        + " set");
        checkTimeout("connection-timeout", connectionTimeout, "");
        InvalidSettingException.checkDuration("retry-wait", retryWait);
        InvalidSettingException.checkAtLeast(1, "max-retry-attempts", maxRetryAttempts);
        securityProperties(security).keySet().stream()
                .filter(properties.keySet()::contains)
                .findFirst()
                .ifPresent(property -> {
                    throw new InvalidSettingException(
                            "properties." + property,
                            null,
                            "an 'ssl.*' or 'sasl.*' option of this table sets the same. Remove one of the two.");
                });
        properties = ClientProperties.checked(properties, security.tls() != null);
        checkReplyLimit(properties.get(REPLY_LIMIT));
    }

    /**
     * Refuses what is too short for any network: most of it is '60' for 60 s, where a number without a unit counts
     * milliseconds.
     *
     * @param more beyond that, as the middle of a sentence
     */
    private static void checkTimeout(String option, Duration timeout, String more) {
        InvalidSettingException.checkDuration(option, timeout);
        if (timeout.compareTo(LEAST_TIMEOUT) < 0) {
            throw new InvalidSettingException(
                    option,
                    timeout,
                    timeout.toMillis() + " ms are too short to connect" + more + ". Use " + LEAST_TIMEOUT.toMillis()
                            + " ms or more, and write the unit, like '15 s': a number without one counts"
                            + " milliseconds.");
        }
    }

    private static void checkBase(String connectString, String namespace) {
        String chroot = ConnectStrings.chroot(connectString);
        if (ConnectStrings.isServersOwn(base(connectString, namespace))) {
            throw new InvalidSettingException(
                    chroot.isEmpty() ? "namespace" : "connect-string",
                    chroot.isEmpty() ? namespace : connectString,
                    "'/zookeeper' is the server's own subtree and never a table. Use another path.");
        }
    }

    private static String base(String connectString, String namespace) {
        return ConnectStrings.chroot(connectString) + (namespace.isEmpty() ? "" : "/" + namespace);
    }

    /** The path that the server has the root of all paths at: chroot and namespace, empty for its own root. */
    public String base() {
        return base(connectString, namespace);
    }

    private static void checkReplyLimit(String bytes) {
        int limit;
        try {
            limit = bytes == null ? DEFAULT_REPLY_LIMIT : Integer.decode(bytes.trim());
        } catch (NumberFormatException e) {
            throw new InvalidSettingException("properties." + REPLY_LIMIT, bytes, "it must be a number of bytes.");
        }
        InvalidSettingException.checkAtLeast(LEAST_REPLY_LIMIT, "properties." + REPLY_LIMIT, limit);
    }

    /** Settings for an ensemble with the same defaults as the SQL options. */
    public static ConnectionSettings of(String connectString) {
        return builder(connectString).build();
    }

    /** Settings for an ensemble that start with the defaults of the SQL options. */
    public static ConnectionSettingsBuilder builder(String connectString) {
        return new ConnectionSettingsBuilder(connectString);
    }

    /** The largest reply, in bytes, that the client accepts: ZooKeeper's own default of 1 MB is too small to list. */
    public int replyLimit() {
        String limit = properties.get(REPLY_LIMIT);
        return limit == null ? DEFAULT_REPLY_LIMIT : Integer.decode(limit.trim());
    }

    /** What {@link #security} is to ZooKeeper's client. */
    public Map<String, String> securityProperties() {
        return securityProperties(security);
    }

    private static Map<String, String> securityProperties(SecuritySettings security) {
        Map<String, String> result = new TreeMap<>();
        if (security.sasl() != null) {
            // SaslHandshake authenticates instead of ZooKeeper's client.
            result.put(ZKClientConfig.ENABLE_CLIENT_SASL_KEY, "false");
        }
        if (security.tls() != null) {
            result.putAll(security.tls().properties());
        }
        return result;
    }

    /** How long the first connect, or a request that must be sent again and again, may take before it fails. */
    public Duration totalTimeout() {
        return connectionTimeout.multipliedBy(maxRetryAttempts);
    }

    /** What a shared session is found by. */
    public ConnectionSettings withoutNamespace() {
        return new ConnectionSettings(
                connectString,
                "",
                sessionTimeout,
                connectionTimeout,
                retryWait,
                maxRetryAttempts,
                properties,
                security);
    }

    @Override
    public String toString() {
        return connectString + (namespace.isEmpty() ? "" : " namespace " + namespace);
    }
}
