// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.Acl;
import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.client.settings.SecuritySettings;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.Ports;
import io.zkflink.testkit.ZooKeeperProcess;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SASL GSSAPI, with a key distribution centre in this JVM and a server that takes nobody without a ticket. */
class KerberosITCase {

    /** Where the JDK and the key distribution centre look for each other. */
    private static final String KRB5_CONF = "java.security.krb5.conf";

    private static final String PRINCIPAL = "flink@EXAMPLE.ORG";

    @TempDir
    static Path files;

    private static SimpleKdcServer kdc;
    private static ZooKeeperProcess server;

    @BeforeAll
    static void start() throws Exception {
        kdc = new SimpleKdcServer();
        kdc.setWorkDir(files.toFile());
        kdc.setKdcHost("localhost");
        kdc.setKdcRealm("EXAMPLE.ORG");
        kdc.setKdcTcpPort(Ports.free());
        kdc.setAllowUdp(false);
        kdc.init();
        kdc.start();
        String host = InetAddress.getLoopbackAddress().getCanonicalHostName();
        String service = "zookeeper/" + host + "@EXAMPLE.ORG";
        kdc.createAndExportPrincipals(keytab("server").toFile(), service);
        kdc.createAndExportPrincipals(keytab("outdated").toFile(), PRINCIPAL);
        kdc.deletePrincipal(PRINCIPAL);
        kdc.createAndExportPrincipals(keytab("flink").toFile(), PRINCIPAL);
        Path jaas = files.resolve("jaas.conf");
        Files.writeString(
                jaas,
                "Server { com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true"
                        + " useTicketCache=false keyTab=\"" + keytab("server") + "\" principal=\"" + service
                        + "\"; };");
        server = ZooKeeperProcess.builder()
                .config("authProvider.sasl", "org.apache.zookeeper.server.auth.SASLAuthenticationProvider")
                .property("java.security.auth.login.config", jaas.toString())
                .property(KRB5_CONF, files.resolve("krb5.conf").toString())
                .property("zookeeper.sessionRequireClientSASLAuth", "true")
                .build()
                .start();
    }

    @AfterAll
    static void stop() throws Exception {
        if (server != null) {
            server.close();
        }
        kdc.stop();
        System.clearProperty(KRB5_CONF);
    }

    private static Path keytab(String name) {
        return files.resolve(name + ".keytab");
    }

    private static ZooKeeperClient client(SecuritySettings.Sasl sasl) {
        return SessionPool.open(ConnectionSettings.builder(server.connectString())
                .setSessionTimeout(Duration.ofSeconds(30))
                .setConnectionTimeout(Duration.ofSeconds(30))
                .setRetryWait(Duration.ofMillis(200))
                .setMaxRetryAttempts(1)
                .setSecurity(new SecuritySettings(null, sasl, null))
                .build());
    }

    private static ZooKeeperClient client(Path keytab, String service) {
        return client(new SecuritySettings.Kerberos(PRINCIPAL, keytab.toString(), service));
    }

    private static String refusal(Path keytab, String service) {
        try (ZooKeeperClient client = client(keytab, service)) {
            ZooKeeperException failure = (ZooKeeperException) Await.failure(client.read("/"));
            assertThat(failure.failure()).isEqualTo(Failure.AUTHENTICATION_FAILED);
            assertThat(failure)
                    .hasMessageStartingWith("ZooKeeper at '" + server.connectString() + "' refused the connection: ")
                    .hasMessageEndingWith(". Check 'sasl.kerberos.principal' = '" + PRINCIPAL
                            + "' and 'sasl.kerberos.keytab' = '" + keytab
                            + "', and that the server is set up for this SASL mechanism.");
            return failure.getMessage();
        }
    }

    @Test
    void theRightKey() {
        try (ZooKeeperClient client = client(keytab("flink"), "zookeeper")) {
            assertThat(Await.result(client.read("/"))).isPresent();
            ZNodeWrite create = new ZNodeWrite.Create("/mine", null, CreateMode.PERSISTENT, 0, Acl.CREATOR);
            assertThat(Await.result(client.write(List.of(create)))).isEmpty();
            assertThat(Await.result(client.read("/mine"))).isPresent();
            server.restart();
            Await.until("it is let in again", () -> client.statistics().reconnects() > 0);
            assertThat(Await.result(client.read("/mine"))).isPresent();
        }
    }

    @Test
    void aKeyThatHasBeenReplaced() {
        assertThat(refusal(keytab("outdated"), "zookeeper")).contains("Integrity check on decrypted field failed");
    }

    @Test
    void noKey() {
        assertThat(refusal(keytab("missing"), "zookeeper")).contains("Unable to obtain password from user");
    }

    @Test
    void aServiceThatIsNotTheServers() {
        assertThat(refusal(keytab("flink"), "kafka")).contains("GSS initiate failed");
    }
}
