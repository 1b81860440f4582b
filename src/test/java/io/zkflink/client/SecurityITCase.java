// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.session.SessionPool;
import io.zkflink.client.settings.Secret;
import io.zkflink.client.settings.SecuritySettings;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.Certificates;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.LogSearch;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.TcpProxy;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.server.auth.DigestAuthenticationProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Right, wrong and missing credentials, on servers that want them, and what becomes of the passwords. */
class SecurityITCase {

    private static final String BOBS = "b0bs-pass-word";
    private static final String WRONG = "wr0ng-pass-word";
    private static final String STORES = "st0re-pass-word";
    private static final List<String> SECRETS = List.of(BOBS, WRONG, STORES);

    private static final Certificates CERTIFICATES = new Certificates(STORES);
    /** Takes anybody, and believes certificates and SASL. */
    private static final ZooKeeperProcess ZK = ZooKeeperProcess.builder()
            .tls(CERTIFICATES, "server", "client", "want")
            .sasl("bob", BOBS)
            .build();
    /** Takes nobody without a certificate on one port, and nobody without SASL on any. */
    private static final ZooKeeperProcess STRICT = ZooKeeperProcess.builder()
            .tls(CERTIFICATES, "server", "client", "need")
            .sasl("bob", BOBS)
            .property("zookeeper.sessionRequireClientSASLAuth", "true")
            .build();

    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @BeforeAll
    static void start() {
        ZK.start();
        STRICT.start();
        try (ZooKeeperAdmin admin = new ZooKeeperAdmin(ZK.connectString())) {
            create(admin, "/open", ZooDefs.Ids.OPEN_ACL_UNSAFE);
            List<ACL> digest = readableBy("digest", DigestAuthenticationProvider.generateDigest("bob:" + BOBS));
            List<ACL> sasl = readableBy("sasl", "bob");
            List<ACL> x509 = readableBy("x509", "CN=client");
            create(admin, "/digest", digest);
            create(admin, "/sasl", sasl);
            create(admin, "/x509", x509);
            List<ACL> any = Stream.of(digest, sasl, x509).flatMap(List::stream).collect(Collectors.toList());
            create(admin, "/config", ZooDefs.Ids.OPEN_ACL_UNSAFE);
            create(admin, "/config/database", any);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterAll
    static void stop() {
        ZK.close();
        STRICT.close();
        CERTIFICATES.close();
    }

    private static List<ACL> readableBy(String scheme, String id) {
        return Collections.singletonList(new ACL(ZooDefs.Perms.READ, new Id(scheme, id)));
    }

    private static void create(ZooKeeperAdmin admin, String path, List<ACL> acl)
            throws KeeperException, InterruptedException {
        admin.zooKeeper().create(path, new byte[] {'1'}, acl, org.apache.zookeeper.CreateMode.PERSISTENT);
    }

    @AfterEach
    void drop() {
        sql.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
    }

    /** What the znode holds for these options. */
    private String read(String connectString, String path, String... options) {
        try (Changelog rows = select(connectString, path, options)) {
            rows.awaitTable("[1]");
            return rows.table().get(0);
        }
    }

    /** What a job with these options fails with. */
    private String failure(String connectString, String path, String... options) {
        try (Changelog rows = select(connectString, path, options)) {
            StringBuilder text = new StringBuilder();
            for (Throwable cause = rows.awaitFailure(); cause != null; cause = cause.getCause()) {
                text.append(cause.getMessage()).append('\n');
            }
            return text.toString();
        }
    }

    private Changelog select(String connectString, String path, String... options) {
        sql.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        String[] all = Arrays.copyOf(options, options.length + 2);
        all[options.length] = "max-retry-attempts=1";
        all[options.length + 1] = "retry-wait=200 ms";
        NodeTables.createAt(connectString, sql, "t", "v STRING", path, all);
        return new Changelog(sql.executeSql("SELECT v FROM t"));
    }

    private static String secure(ZooKeeperProcess server) {
        return "127.0.0.1:" + server.securePort();
    }

    private static String trust(String... names) {
        return "ssl.truststore.location=" + CERTIFICATES.trustStore(names);
    }

    private static String key(String name) {
        return "ssl.keystore.location=" + CERTIFICATES.keyStore(name);
    }

    private static final String TRUST_PASSWORD = "ssl.truststore.password=" + STORES;
    private static final String KEY_PASSWORD = "ssl.keystore.password=" + STORES;

    @Nested
    class Digest {

        @Test
        void right() {
            assertThat(read(ZK.connectString(), "/digest", "auth.username=bob", "auth.password=" + BOBS))
                    .isEqualTo("[1]");
        }

        @Test
        void wrong() {
            assertThat(failure(ZK.connectString(), "/digest", "auth.username=bob", "auth.password=" + WRONG))
                    .contains("ZooKeeper could not read '/digest': its ACL denies this user the READ permission"
                            + " (NOAUTH). Grant it, or connect as a user that has it ('auth.*', 'sasl.*' or a"
                            + " certificate in 'ssl.keystore.*').");
        }

        @Test
        void missing() {
            assertThat(failure(ZK.connectString(), "/digest"))
                    .contains("ZooKeeper could not read '/digest': its ACL denies this user the READ permission");
        }

        @Test
        void aSchemeThatTheServerDoesNotKnow() {
            assertThat(failure(
                            ZK.connectString(),
                            "/open",
                            "auth.scheme=ldap",
                            "auth.username=bob",
                            "auth.password=" + BOBS))
                    .contains("ZooKeeper at '" + ZK.connectString() + "' refused the connection: the server refused the"
                            + " credentials. Check 'auth.scheme' = 'ldap', 'auth.username' and 'auth.password'.");
        }
    }

    @Nested
    class Sasl {

        @Test
        void right() {
            assertThat(read(ZK.connectString(), "/sasl", "sasl.username=bob", "sasl.password=" + BOBS))
                    .isEqualTo("[1]");
        }

        @Test
        void wrong() {
            assertThat(failure(ZK.connectString(), "/open", "sasl.username=bob", "sasl.password=" + WRONG))
                    .contains("ZooKeeper at '" + ZK.connectString() + "' refused the connection: the server refused the"
                            + " credentials (AUTHFAILED). Check 'sasl.username' and 'sasl.password', and that the"
                            + " server is set up for this SASL mechanism.");
            assertThat(failure(ZK.connectString(), "/open", "sasl.username=eve", "sasl.password=" + BOBS))
                    .contains("refused the credentials (AUTHFAILED). Check 'sasl.username' and 'sasl.password'");
        }

        @Test
        void missing() {
            assertThat(failure(ZK.connectString(), "/sasl"))
                    .contains("ZooKeeper could not read '/sasl': its ACL denies this user the READ permission");
        }

        @Test
        void missingWhereItIsDemanded() {
            assertThat(failure(STRICT.connectString(), "/open"))
                    .contains("the server requires authentication (SESSIONCLOSEDREQUIRESASLAUTH). Set 'auth.*' or"
                            + " 'sasl.*' as it demands.");
        }

        @Test
        void toAServerThatIsNotSetUpForIt() {
            assertThat(failure(SharedZooKeeper.connectString(), "/open", "sasl.username=bob", "sasl.password=" + BOBS))
                    .contains("refused the connection: the server is not set up for SASL. Check 'sasl.username' and"
                            + " 'sasl.password', and that the server is set up for this SASL mechanism.");
        }

        /** The server drops whoever asks anything, be it for the watches of before, without having said who it is. */
        @Test
        void everyConnectionIsAuthenticatedAndWatchedWhereItIsDemanded() {
            try (TcpProxy proxy = new TcpProxy(STRICT.port());
                    Changelog rows = select(
                            proxy.connectString(),
                            "/watched",
                            "sasl.username=bob",
                            "sasl.password=" + BOBS,
                            "session-timeout=20 s");
                    ZooKeeperClient admin = SessionPool.open(ConnectionSettings.builder(STRICT.connectString())
                            .setSecurity(new SecuritySettings(
                                    null, new SecuritySettings.DigestMd5("bob", new Secret(BOBS)), null))
                            .build())) {
                Await.result(admin.read("/")); // connects
                write(admin, new ZNodeWrite.Create("/watched", bytes("1"), CreateMode.PERSISTENT, 0, Acl.OPEN));
                rows.awaitTable("[1]");
                for (int round = 2; round < 5; round++) {
                    proxy.cut();
                    proxy.heal();
                    write(admin, new ZNodeWrite.SetData("/watched", bytes("while away " + round), -1));
                    rows.awaitTable("[while away " + round + "]");
                    write(admin, new ZNodeWrite.SetData("/watched", bytes("watched " + round), -1));
                    rows.awaitTable("[watched " + round + "]");
                }
            }
        }

        private static void write(ZooKeeperClient client, ZNodeWrite write) {
            assertThat(Await.result(client.write(List.of(write)))).isEmpty();
        }

        private static byte[] bytes(String data) {
            return data.getBytes(StandardCharsets.UTF_8);
        }

        /** Such as Flink's own high availability sets them, for another ensemble. */
        @Test
        void whatIsSetForTheWholeJvmIsNeitherHeededNorTouched() {
            Configuration jaas = Configuration.getConfiguration();
            Configuration hostile = new Configuration() {
                @Override
                public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                    throw new IllegalStateException("nobody should ask for " + name);
                }
            };
            Map<String, String> settings = Map.of(
                    "zookeeper.sasl.client", "true",
                    "zookeeper.sasl.clientconfig", "Flink",
                    "zookeeper.sasl.client.username", "flink",
                    "zookeeper.client.secure", "true",
                    "zookeeper.ssl.trustStore.location", "/does/not/exist.p12",
                    "java.security.auth.login.config", "/does/not/exist.conf");
            Properties before = (Properties) System.getProperties().clone();
            settings.forEach(System::setProperty);
            Configuration.setConfiguration(hostile);
            Properties during = (Properties) System.getProperties().clone();
            try {
                assertThat(read(ZK.connectString(), "/sasl", "sasl.username=bob", "sasl.password=" + BOBS))
                        .isEqualTo("[1]");
                assertThat(read(ZK.connectString(), "/open")).isEqualTo("[1]");
                assertThat(read(secure(ZK), "/open", trust("server"), TRUST_PASSWORD))
                        .isEqualTo("[1]");
                assertThat(Configuration.getConfiguration()).isSameAs(hostile);
                // ZooKeeper's class for certificates sets this one, once, where it is not set.
                Map<Object, Object> now = new TreeMap<>(System.getProperties());
                now.remove("jdk.tls.rejectClientInitiatedRenegotiation");
                during.remove("jdk.tls.rejectClientInitiatedRenegotiation");
                assertThat(now).isEqualTo(new TreeMap<>(during));
            } finally {
                System.setProperties(before);
                Configuration.setConfiguration(jaas);
            }
        }
    }

    @Nested
    class Tls {

        @Test
        void right() {
            assertThat(read(secure(ZK), "/open", trust("server"), TRUST_PASSWORD))
                    .isEqualTo("[1]");
            assertThat(read("localhost:" + ZK.securePort(), "/open", trust("server"), TRUST_PASSWORD))
                    .isEqualTo("[1]");
            assertThat(read(secure(ZK), "/open", "ssl.truststore.location=" + CERTIFICATES.pem("server")))
                    .isEqualTo("[1]");
        }

        @Test
        void withSaslOverIt() {
            assertThat(read(
                            secure(ZK),
                            "/sasl",
                            trust("server"),
                            TRUST_PASSWORD,
                            "sasl.username=bob",
                            "sasl.password=" + BOBS))
                    .isEqualTo("[1]");
        }

        @Test
        void aServerThatIsNotTrusted() {
            assertThat(failure(secure(ZK), "/open", trust("stranger"), TRUST_PASSWORD))
                    .contains("ZooKeeper at '" + secure(ZK) + "' refused the connection: " + secure(ZK) + ": ")
                    .contains("the server's certificate is not trusted (")
                    .contains("check 'ssl.truststore.location', which must hold it or who signed it");
            assertThat(failure(secure(ZK), "/open", "ssl.enabled=true"))
                    .contains("the server's certificate is not trusted (");
        }

        @Test
        void aServerOfAnotherName() {
            CERTIFICATES.keyStore("elsewhere", "DNS:zk.example.org");
            try (ZooKeeperProcess elsewhere = ZooKeeperProcess.builder()
                    .tls(CERTIFICATES, "elsewhere", "client", "none")
                    .build()
                    .start()) {
                try (ZooKeeperAdmin admin = new ZooKeeperAdmin(elsewhere.connectString())) {
                    admin.create("/open", "1");
                }
                String server = "localhost:" + elsewhere.securePort();
                assertThat(failure(server, "/open", trust("elsewhere"), TRUST_PASSWORD))
                        .contains("the server's certificate is for another host (")
                        .contains("use the name that it is for in 'connect-string', or set 'ssl.hostname-verification'"
                                + " to 'false'");
                assertThat(read(server, "/open", trust("elsewhere"), TRUST_PASSWORD, "ssl.hostname-verification=false"))
                        .isEqualTo("[1]");
            }
        }

        @Test
        void theWrongPort() {
            String soon = "connection-timeout=1 s";
            assertThat(failure(ZK.connectString(), "/open", soon, trust("server"), TRUST_PASSWORD))
                    .contains("no TLS handshake was possible (")
                    .contains("check that the port is the server's 'secureClientPort', or remove the 'ssl.*' options");
            assertThat(failure(secure(ZK), "/open", soon))
                    .contains(
                            "no server answered the session request: they may have lost their quorum, or want TLS on this port"
                                    + " ('ssl.enabled')");
        }

        @Test
        void filesThatCannotBeRead() {
            assertThat(failure(secure(ZK), "/open", "ssl.truststore.location=/does/not/exist.p12"))
                    .contains("The file '/does/not/exist.p12' of 'ssl.truststore.location' cannot be read as PKCS12:"
                            + " /does/not/exist.p12 (No such file or directory) (FileNotFoundException). It must exist"
                            + " on every machine that runs Flink. Check it, 'ssl.truststore.type' and"
                            + " 'ssl.truststore.password'.");
            assertThat(failure(secure(ZK), "/open", trust("server"), "ssl.truststore.password=" + WRONG))
                    .contains("of 'ssl.truststore.location' cannot be read as PKCS12: keystore password was incorrect");
            assertThat(failure(secure(ZK), "/open", key("client"), "ssl.keystore.password=" + WRONG))
                    .contains("of 'ssl.keystore.location' cannot be read as PKCS12: keystore password was incorrect");
        }
    }

    @Nested
    class MutualTls {

        @Test
        void right() {
            assertThat(read(secure(ZK), "/x509", trust("server"), TRUST_PASSWORD, key("client"), KEY_PASSWORD))
                    .isEqualTo("[1]");
        }

        @Test
        void wrong() {
            assertThat(failure(secure(STRICT), "/x509", trust("server"), TRUST_PASSWORD, key("stranger"), KEY_PASSWORD))
                    .contains("the server refused the TLS handshake (")
                    .contains("check 'ssl.keystore.location', which must hold a certificate that the server trusts");
        }

        @Test
        void missing() {
            assertThat(failure(secure(ZK), "/x509", trust("server"), TRUST_PASSWORD))
                    .contains("ZooKeeper could not read '/x509': its ACL denies this user the READ permission");
            assertThat(failure(secure(STRICT), "/open", trust("server"), TRUST_PASSWORD))
                    .contains("the server refused the TLS handshake (")
                    .contains("check 'ssl.keystore.location', which must hold a certificate that the server trusts");
        }
    }

    /** With the names and files of this test. Kerberos is only planned. */
    @Test
    void theExamplesOfTheDocsWork() throws IOException {
        List<String> examples = Pattern.compile("```sql\n(.*?);\n```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("docs", "security.md")))
                .results()
                .map(match -> match.group(1))
                .toList();
        assertThat(examples).hasSize(5);
        for (String example : examples) {
            sql.executeSql("DROP TEMPORARY TABLE IF EXISTS settings");
            sql.executeSql(example.replace("zk.example.org:2181", ZK.connectString())
                    .replace("zk.example.org:2281", secure(ZK))
                    .replace(
                            "/etc/flink/trusted.p12",
                            CERTIFICATES.trustStore("server").toString())
                    .replace(
                            "/etc/flink/client.p12",
                            CERTIFICATES.keyStore("client").toString())
                    .replace("password-of-bob", BOBS)
                    .replace("password-of-stores", STORES));
            if (example.contains("kerberos")) {
                assertThat(sql.explainSql("SELECT * FROM settings")).contains("TableSourceScan");
            } else {
                try (Changelog rows = new Changelog(sql.executeSql("SELECT * FROM settings"))) {
                    rows.awaitTable("[1]");
                }
            }
        }
        sql.executeSql("DROP TEMPORARY TABLE settings");
    }

    /** Of what is logged only the JDK's own SASL client, at the level FINEST of its own logging, tells the password. */
    private static boolean tellsASecret(String logged) {
        return SECRETS.stream().anyMatch(logged::contains) && !logged.startsWith("javax.security.sasl: DIGEST07:");
    }

    @Test
    void noPasswordIsEverPrinted() throws Exception {
        Path trusted = CERTIFICATES.trustStore("server");
        String[] right = {
            "ssl.truststore.location=" + trusted,
            TRUST_PASSWORD,
            key("client"),
            KEY_PASSWORD,
            "auth.username=bob",
            "auth.password=" + BOBS,
            "sasl.username=bob",
            "sasl.password=" + BOBS
        };
        String[] wrong = right.clone();
        wrong[7] = "sasl.password=" + WRONG;
        try (LogSearch logs = new LogSearch(SecurityITCase::tellsASecret)) {
            StringBuilder told = new StringBuilder();
            try (Changelog rows = select(secure(ZK), "/digest", right)) {
                rows.awaitTable("[1]");
                told.append(sql.explainSql(
                        "SELECT v FROM t", ExplainDetail.JSON_EXECUTION_PLAN, ExplainDetail.CHANGELOG_MODE));
                told.append(RecordingReporter.all());
            }
            told.append(failure(secure(ZK), "/digest", wrong));
            told.append(failure(secure(ZK), "/sasl", TRUST_PASSWORD, trust("stranger")));
            told.append(failure(ZK.connectString(), "/digest", "auth.username=bob", "auth.password=" + WRONG));
            told.append(failure(secure(ZK), "/open", "ssl.truststore.location=/no.p12", TRUST_PASSWORD));
            assertThat(told.toString()).contains("refused the credentials").doesNotContain(SECRETS);
            assertThat(logs.seen()).isGreaterThan(1_000);
            assertThat(logs.found()).isEmpty();
        }
    }
}
