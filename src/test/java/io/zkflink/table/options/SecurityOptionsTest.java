// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.options;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.settings.Secret;
import io.zkflink.client.settings.SecuritySettings;
import io.zkflink.client.settings.SecuritySettings.Store;
import io.zkflink.client.settings.SecuritySettings.StoreType;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.junit.jupiter.api.Test;

/** What the options for credentials and encryption become. */
class SecurityOptionsTest {

    @Test
    void nothingByDefault() {
        assertThat(read(Map.of())).isEqualTo(SecuritySettings.NONE);
        assertThat(read(Map.of("ssl.enabled", "false"))).isEqualTo(SecuritySettings.NONE);
    }

    @Test
    void credentials() {
        assertThat(read(Map.of("auth.username", "bob", "auth.password", "b")).auth())
                .isEqualTo(new SecuritySettings.AuthData("digest", "bob", new Secret("b")));
        assertThat(read(Map.of("auth.scheme", "ldap", "auth.username", "bob", "auth.password", "b"))
                        .auth())
                .isEqualTo(new SecuritySettings.AuthData("ldap", "bob", new Secret("b")));
        assertThat(read(Map.of("sasl.username", "bob", "sasl.password", "b")).sasl())
                .isEqualTo(new SecuritySettings.DigestMd5("bob", new Secret("b")));
        Map<String, String> kerberos = Map.of("sasl.kerberos.principal", "bob@X", "sasl.kerberos.keytab", "/k");
        assertThat(read(kerberos).sasl()).isEqualTo(new SecuritySettings.Kerberos("bob@X", "/k", "zookeeper"));
    }

    @Test
    void encryption() {
        assertThat(read(Map.of("ssl.enabled", "true")).tls()).isEqualTo(new SecuritySettings.Tls(null, null, true));
        assertThat(read(Map.of("ssl.hostname-verification", "false")).tls())
                .isEqualTo(new SecuritySettings.Tls(null, null, false));
        assertThat(read(Map.of("ssl.truststore.location", "/t.PEM")).tls())
                .isEqualTo(new SecuritySettings.Tls(null, new Store("/t.PEM", StoreType.PEM, null), true));
        assertThat(read(Map.of("ssl.keystore.location", "/k.pfx", "ssl.keystore.password", "p"))
                        .tls())
                .isEqualTo(
                        new SecuritySettings.Tls(new Store("/k.pfx", StoreType.PKCS12, new Secret("p")), null, true));
        assertThat(read(Map.of("ssl.keystore.location", "/k.p12", "ssl.keystore.type", "jks"))
                        .tls())
                .isEqualTo(new SecuritySettings.Tls(new Store("/k.p12", StoreType.JKS, null), null, true));
    }

    private static ConnectionSettings bob(String password) {
        return ConnectionSettings.builder("zk:2181")
                .setSecurity(read(Map.of("sasl.username", "bob", "sasl.password", password)))
                .build();
    }

    @Test
    void passwordsMakeAnotherSessionAndAreNeverPrinted() {
        ConnectionSettings anybody = ConnectionSettings.of("zk:2181");
        ConnectionSettings bob = bob("hush");
        assertThat(bob).isEqualTo(bob("hush")).isNotEqualTo(bob("other")).isNotEqualTo(anybody);
        assertThat(bob.security().toString()).contains("bob").doesNotContain("hush");
        assertThat(bob.toString()).doesNotContain("hush");
    }

    @Test
    void flinkMasksAllPasswords() {
        assertThat(SecurityOptions.ALL)
                .filteredOn(option -> option.key().endsWith("password"))
                .hasSize(4)
                .allMatch(option -> GlobalConfiguration.isSensitive(option.key()));
    }

    private static SecuritySettings read(Map<String, String> options) {
        return new SecurityReader(Configuration.fromMap(options)).read();
    }
}
