// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import io.zkflink.testkit.Ports;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * Flink's SQL gateway as a process, and sessions in it by way of its JDBC driver, which has a class loader of its own.
 */
final class SqlGateway implements AutoCloseable {

    private final JavaProcess process;
    private final String url;
    private final URLClassLoader classes;
    private final Driver driver;

    SqlGateway(FlinkCluster cluster) throws Exception {
        int port = Ports.free();
        List<String> arguments = new ArrayList<>(List.of(
                "-D", "sql-gateway.endpoint.rest.address=localhost",
                "-D", "sql-gateway.endpoint.rest.bind-address=localhost",
                "-D", "sql-gateway.endpoint.rest.port=" + port));
        cluster.client().forEach((key, value) -> arguments.addAll(List.of("-D", key + "=" + value)));
        process = new JavaProcess(
                        "SQL gateway",
                        cluster.directory().resolve("gateway-" + port + ".log"),
                        cluster.classPath(),
                        cluster.jvm("512m"),
                        "org.apache.flink.table.gateway.SqlGateway",
                        arguments)
                .environment("FLINK_CONF_DIR", cluster.configuration().toString());
        process.start();
        url = "jdbc:flink://localhost:" + port;
        classes = new URLClassLoader(
                new URL[] {
                    jar(Path.of("target", "flink-jdbc"), "flink-sql-jdbc-driver-bundle-.*"),
                    // Which the bundle needs and does not have.
                    jar(Path.of("target", "flink-2.3.0", "lib"), "slf4j-api-.*")
                },
                ClassLoader.getPlatformClassLoader());
        driver = (Driver) classes.loadClass("org.apache.flink.table.jdbc.FlinkDriver")
                .getConstructor()
                .newInstance();
    }

    private static URL jar(Path directory, String name) throws IOException {
        assertThat(directory).as("which 'mvn -Pnightly verify' fills").isDirectory();
        try (Stream<Path> jars = Files.list(directory)) {
            return jars.filter(jar -> jar.getFileName().toString().matches(name))
                    .findFirst()
                    .orElseThrow()
                    .toUri()
                    .toURL();
        }
    }

    /** Another session; the first call waits for the gateway. */
    Connection connect() {
        List<Connection> opened = new ArrayList<>();
        Await.until("the gateway answers, see " + process.log(), () -> {
            process.checkAlive();
            ClassLoader before = Thread.currentThread().getContextClassLoader();
            Thread.currentThread().setContextClassLoader(classes);
            try {
                opened.add(driver.connect(url, new Properties()));
                return true;
            } catch (SQLException | RuntimeException e) {
                return false;
            } finally {
                Thread.currentThread().setContextClassLoader(before);
            }
        });
        return opened.get(0);
    }

    void restart() {
        process.kill();
        process.start();
    }

    @Override
    public void close() throws IOException {
        process.kill();
        classes.close();
    }
}
