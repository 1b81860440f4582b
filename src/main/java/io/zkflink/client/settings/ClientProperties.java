// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.annotation.Internal;
import org.apache.zookeeper.ClientCnxnSocketNIO;
import org.apache.zookeeper.ClientCnxnSocketNetty;
import org.apache.zookeeper.client.ZKClientConfig;

/** The rules of what is given to ZooKeeper's client as it is. */
@Internal
public final class ClientProperties {

    private static final String PREFIX = "properties.";
    private static final String OF_TLS = "zookeeper.ssl.";
    private static final String SOCKET = ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET;

    /** ZooKeeper's client knows its own classes by these names, wherever they are relocated to. */
    private static final Set<String> SOCKETS =
            Set.of(ClientCnxnSocketNIO.class.getSimpleName(), ClientCnxnSocketNetty.class.getSimpleName());

    private ClientProperties() {}

    /**
     * The properties as ZooKeeper's client understands them, in this jar too.
     *
     * @param hasTls whether connections are encrypted
     * @throws InvalidSettingException if one cannot work; its value, which may be secret, is not told
     */
    public static Map<String, String> checked(Map<String, String> given, boolean hasTls) {
        Map<String, String> properties = new TreeMap<>(given);
        properties.computeIfPresent(SOCKET, (key, name) -> socket(name));
        if (!hasTls) {
            if (Boolean.parseBoolean(
                    properties.getOrDefault(ZKClientConfig.SECURE_CLIENT, "").strip())) {
                throw needsTls(ZKClientConfig.SECURE_CLIENT);
            }
            properties.keySet().stream()
                    .filter(key -> key.startsWith(OF_TLS))
                    .findFirst()
                    .ifPresent(key -> {
                        throw needsTls(key);
                    });
        }
        return Collections.unmodifiableMap(properties);
    }

    private static InvalidSettingException needsTls(String key) {
        return new InvalidSettingException(
                PREFIX + key,
                null,
                "TLS is configured by options of this connector. Set 'ssl.enabled' = 'true', and if need be"
                        + " 'ssl.truststore.*' and 'ssl.keystore.*', instead of ZooKeeper's own properties.");
    }

    private static String socket(String name) {
        String simple = name.substring(name.lastIndexOf('.') + 1).strip();
        if (!SOCKETS.contains(simple)) {
            throw new InvalidSettingException(
                    PREFIX + SOCKET,
                    name,
                    "it must be 'org.apache.zookeeper.ClientCnxnSocketNIO' or"
                            + " 'org.apache.zookeeper.ClientCnxnSocketNetty'. Remove it: with 'ssl.*' the latter is used,"
                            + " else the former.");
        }
        return simple;
    }
}
