// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import io.zkflink.client.settings.SecuritySettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.annotation.PublicEvolving;

/** Builds {@link ConnectionSettings}; what is not set is as the SQL options have it. */
@PublicEvolving
public final class ConnectionSettingsBuilder {

    private final String connectString;
    private final Map<String, String> properties = new HashMap<>();
    private String namespace = "";
    private Duration sessionTimeout = Duration.ofSeconds(60);
    private Duration connectionTimeout = Duration.ofSeconds(15);
    private Duration retryWait = Duration.ofSeconds(5);
    private int maxRetryAttempts = 3;
    private SecuritySettings security = SecuritySettings.NONE;

    ConnectionSettingsBuilder(String connectString) {
        this.connectString = connectString;
    }

    /** A path below the chroot to which all paths are relative, without leading slash. */
    public ConnectionSettingsBuilder setNamespace(String namespace) {
        this.namespace = namespace;
        return this;
    }

    /** What to ask the server for; it may grant less. One minute unless set. */
    public ConnectionSettingsBuilder setSessionTimeout(Duration sessionTimeout) {
        this.sessionTimeout = sessionTimeout;
        return this;
    }

    /** How long one attempt to connect may take, to reconnect at most a third of the session; 15 s unless set. */
    public ConnectionSettingsBuilder setConnectionTimeout(Duration connectionTimeout) {
        this.connectionTimeout = connectionTimeout;
        return this;
    }

    /** The longest wait between two attempts to connect; 5 s unless set. */
    public ConnectionSettingsBuilder setRetryWait(Duration retryWait) {
        this.retryWait = retryWait;
        return this;
    }

    /** How many connection timeouts the first connect may take before it fails; 3 unless set. */
    public ConnectionSettingsBuilder setMaxRetryAttempts(int maxRetryAttempts) {
        this.maxRetryAttempts = maxRetryAttempts;
        return this;
    }

    /** An option of ZooKeeper's client, given to it as it is. */
    public ConnectionSettingsBuilder setProperty(String key, String value) {
        properties.put(key, value);
        return this;
    }

    /** Credentials and encryption; none unless set. */
    public ConnectionSettingsBuilder setSecurity(SecuritySettings security) {
        this.security = security;
        return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule
     */
    public ConnectionSettings build() {
        return new ConnectionSettings(
                connectString,
                namespace,
                sessionTimeout,
                connectionTimeout,
                retryWait,
                maxRetryAttempts,
                properties,
                security);
    }
}
