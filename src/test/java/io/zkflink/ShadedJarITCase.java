// SPDX-License-Identifier: Apache-2.0
package io.zkflink;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
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
            assertThat(notice)
                    .contains(
                            "org.apache.zookeeper:zookeeper:",
                            "zookeeper-jute",
                            "audience-annotations",
                            "commons-io",
                            "caffeine",
                            "io.netty");
        }
    }

    @Test
    void itIsSmall() throws IOException {
        assertThat(Files.size(jar)).isLessThan(MAX_BYTES);
    }

    private Stream<String> entries() {
        try (JarFile open = new JarFile(jar.toFile())) {
            return open.stream().map(ZipEntry::getName).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path find() {
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
