// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.client.ConnectionSettings;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ZooKeeper's documentation tells to set, and what becomes of it. */
class ClientPropertiesTest {

    @ParameterizedTest
    @CsvSource({
        "zookeeper.client.secure, true",
        "zookeeper.client.secure, ' TRUE '",
        "zookeeper.ssl.trustStore.location, /trust.jks",
        "zookeeper.ssl.keyStore.password, secret"
    })
    void tlsIsConfiguredByOptionsOfTheConnector(String key, String value) {
        assertThatThrownBy(() -> settings(key, value))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("'properties." + key + "'")
                .hasMessageContaining("Set 'ssl.enabled' = 'true', and if need be 'ssl.truststore.*' and"
                        + " 'ssl.keystore.*', instead of ZooKeeper's own properties.")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource({
        "org.apache.zookeeper.ClientCnxnSocketNetty, ClientCnxnSocketNetty",
        "org.apache.zookeeper.ClientCnxnSocketNIO, ClientCnxnSocketNIO",
        "ClientCnxnSocketNetty, ClientCnxnSocketNetty"
    })
    void theDocumentedNamesOfSocketsAreUnderstoodWhereverTheirClassesAre(String name, String given) {
        ConnectionSettings settings = settings("zookeeper.clientCnxnSocket", name);
        assertThat(settings.properties()).isEqualTo(Map.of("zookeeper.clientCnxnSocket", given));
        assertThat(settings.withoutNamespace().properties()).isEqualTo(settings.properties());
    }

    @Test
    void othersAreRefusedOrLeftAlone() {
        assertThatThrownBy(() -> settings("zookeeper.clientCnxnSocket", "com.example.Socket"))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessageContaining("Invalid value 'com.example.Socket' for option"
                        + " 'properties.zookeeper.clientCnxnSocket': it must be");
        assertThat(settings("zookeeper.client.secure", "false").properties()).hasSize(1);
        assertThat(settings("zookeeper.request.timeout", "5").properties()).hasSize(1);
    }

    private static ConnectionSettings settings(String key, String value) {
        return ConnectionSettings.builder("localhost:2181")
                .setProperty(key, value)
                .build();
    }
}
