// SPDX-License-Identifier: Apache-2.0
package io.zkflink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Certificates;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.UserClassLoaders;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.Test;

/** The jar that users drop into {@code lib/}, looked at from outside. */
class ShadedJarITCase {

    private static final long MAX_BYTES = 12 * 1024 * 1024;

    private final Path jar = find();

    @Test
    void everythingIsOursOrRelocated() {
        assertThat(entries().filter(name -> name.endsWith(".class")))
                .allMatch(name -> name.startsWith("io/zkflink/"))
                .anyMatch(name -> name.startsWith("io/zkflink/shaded/zookeeper/"))
                .anyMatch(name -> name.startsWith("io/zkflink/shaded/netty/"))
                .anyMatch(name -> name.startsWith("io/zkflink/shaded/caffeine/"))
                .noneMatch(name -> name.contains("tcnative") || name.contains("slf4j"));
        assertThat(entries().filter(name -> !name.endsWith("/") && !name.startsWith("io/zkflink/")))
                .containsExactlyInAnyOrder(
                        "META-INF/MANIFEST.MF",
                        "META-INF/LICENSE",
                        "META-INF/LICENSE-MIT",
                        "META-INF/NOTICE",
                        "META-INF/maven/io.zkflink/flink-connector-zookeeper/pom.xml",
                        "META-INF/maven/io.zkflink/flink-connector-zookeeper/pom.properties",
                        "META-INF/services/org.apache.flink.table.factories.Factory");
    }

    @Test
    void theNoticeNamesWhatIsInside() throws IOException {
        try (JarFile open = new JarFile(jar.toFile())) {
            String notice = new String(
                    open.getInputStream(new ZipEntry("META-INF/NOTICE")).readAllBytes(), StandardCharsets.UTF_8);
            List<String> inside = find(
                    "^ +([\\w.-]+:[\\w.-]+):jar:([\\w.-]+):(?:compile|runtime)",
                    Files.readString(Path.of("target", "dependencies.txt")));
            assertThat(inside).hasSizeGreaterThan(10).anyMatch(artifact -> artifact.startsWith("io.netty:"));
            assertThat(find("^- ([\\w.-]+:[\\w.-]+):([\\w.-]+)$", notice)).containsExactlyInAnyOrderElementsOf(inside);
        }
    }

    private static List<String> find(String artifact, String text) {
        return Pattern.compile(artifact, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(match -> match.group(1) + ":" + match.group(2))
                .filter(found -> !found.startsWith("org.slf4j:"))
                .toList();
    }

    @Test
    void itIsSmall() throws IOException {
        assertThat(Files.size(jar)).isLessThan(MAX_BYTES);
    }

    /** As jobs do that bring the jar along: in a class loader of their own, from which nothing of ours is outside. */
    @Test
    void itSpeaksTlsAndSasl() throws Exception {
        UserClassLoaders.forget();
        try (Certificates certificates = new Certificates("changeit");
                ZooKeeperProcess server = ZooKeeperProcess.builder()
                        .tls(certificates, "server", "client", "need")
                        .sasl("bob", "builder")
                        .build()
                        .start();
                ZooKeeperAdmin admin = new ZooKeeperAdmin(server.connectString())) {
            admin.create("/open", "1");
            StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
            sql.executeSql("ADD JAR '" + jar.toAbsolutePath() + "'");
            sql.createTemporarySystemFunction("same", new UserClassLoaders());
            sql.executeSql("""
                    CREATE TEMPORARY TABLE t (v STRING) WITH (
                      'connector' = 'zookeeper', 'connect-string' = 'localhost:%d', 'path' = '/open',
                      'ssl.truststore.location' = '%s', 'ssl.truststore.password' = 'changeit',
                      'ssl.keystore.location' = '%s', 'ssl.keystore.password' = 'changeit',
                      'sasl.username' = 'bob', 'sasl.password' = 'builder')
                    """.formatted(
                            server.securePort(), certificates.trustStore("server"), certificates.keyStore("client")));
            try (Changelog rows = new Changelog(sql.executeSql("SELECT same(v) FROM t"))) {
                rows.awaitTable("[1]");
                ClassLoader loader = UserClassLoaders.alive().get(0);
                assertThat(loader.loadClass("io.zkflink.shaded.zookeeper.ZooKeeper")
                                .getClassLoader())
                        .isNotSameAs(ShadedJarITCase.class.getClassLoader());
            }
        }
    }

    private Stream<String> entries() {
        try (JarFile open = new JarFile(jar.toFile())) {
            return open.stream().map(ZipEntry::getName).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path find() {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            List<Path> jars = files.filter(
                            file -> file.getFileName().toString().matches("flink-sql-connector-zookeeper-.*\\.jar"))
                    .toList();
            assertThat(jars).hasSize(1);
            return jars.get(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
