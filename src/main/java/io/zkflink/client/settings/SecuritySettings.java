// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.annotation.PublicEvolving;
import org.apache.zookeeper.ClientCnxnSocketNetty;
import org.apache.zookeeper.client.ZKClientConfig;
import org.apache.zookeeper.common.ClientX509Util;

/**
 * As whom a session speaks to the servers, and how both are sure of it. Belongs to one client: nothing of it is read
 * from, or written to, what is common to the JVM.
 *
 * @param auth what each connection adds as authentication data; null for nothing
 * @param sasl how each connection is authenticated before it is used; null for not at all
 * @param tls how connections are encrypted; null for not at all
 */
@PublicEvolving
public record SecuritySettings(AuthData auth, Sasl sasl, Tls tls) implements Serializable {

    public static final SecuritySettings NONE = new SecuritySettings(null, null, null);

    /** {@code username:password} for an authentication scheme of the server, {@code digest} as a rule. */
    public record AuthData(String scheme, String username, Secret password) implements Serializable {}

    /** How to authenticate by SASL. */
    public sealed interface Sasl extends Serializable {}

    /** By a user name and a password that the server knows, too. */
    public record DigestMd5(String username, Secret password) implements Sasl {}

    /**
     * By a Kerberos ticket.
     *
     * @param principal who to log in as
     * @param keytab the file that holds the principal's key
     * @param serviceName the first part of the servers' principals; the second is their host name
     */
    public record Kerberos(String principal, String keytab, String serviceName) implements Sasl {}

    /**
     * Encryption of all connections.
     *
     * @param keyStore the certificate to show to servers that ask for one; null for none
     * @param trustStore the certificates to trust; null for those that the JVM trusts
     * @param verifyHostname whether a server's certificate must name the host that was connected to
     */
    public record Tls(Store keyStore, Store trustStore, boolean verifyHostname) implements Serializable {

        /** What makes ZooKeeper's client use TLS. */
        public Map<String, String> properties() {
            Map<String, String> properties = new HashMap<>();
            properties.put(ZKClientConfig.SECURE_CLIENT, "true");
            properties.put(ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, ClientCnxnSocketNetty.class.getName());
            try (ClientX509Util util = new ClientX509Util()) {
                properties.put(util.getSslHostnameVerificationEnabledProperty(), String.valueOf(verifyHostname));
                if (keyStore != null) {
                    properties.put(util.getSslKeystoreLocationProperty(), keyStore.location());
                    properties.put(
                            util.getSslKeystoreTypeProperty(), keyStore.type().name());
                    properties.put(util.getSslKeystorePasswdProperty(), keyStore.passwordOrEmpty());
                }
                if (trustStore != null) {
                    properties.put(util.getSslTruststoreLocationProperty(), trustStore.location());
                    properties.put(
                            util.getSslTruststoreTypeProperty(),
                            trustStore.type().name());
                    properties.put(util.getSslTruststorePasswdProperty(), trustStore.passwordOrEmpty());
                }
            }
            return properties;
        }
    }

    /**
     * A file of keys or certificates, read on the machine that connects.
     *
     * @param password null for none
     */
    public record Store(String location, StoreType type, Secret password) implements Serializable {

        public String passwordOrEmpty() {
            return password == null ? "" : password.value();
        }
    }

    /** The format of a {@link Store}. */
    public enum StoreType {
        JKS,
        PKCS12,
        PEM
    }
}
