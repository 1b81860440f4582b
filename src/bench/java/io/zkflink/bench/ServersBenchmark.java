// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.Certificates;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperEnsemble;
import io.zkflink.testkit.ZooKeeperProcess;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.client.ZKClientConfig;

/**
 * What becomes of reading and writing when the server forces what it writes to disk or not, when the connection is
 * encrypted, and when three servers have to agree: whole SQL pipelines beside the raw client. Run by
 * {@code mvn -Pbench verify -Dbench=ServersBenchmark}.
 */
public final class ServersBenchmark {

    private static final int ROWS = 50_000;
    private static final int BYTES = 100;
    private static final int SESSION_MILLIS = 30_000;
    private static final String PASSWORD = "changeit";
    private static final String RAW = "raw client";
    private static final String PIPELINE = "pipeline";

    private final Figures reads = new Figures("servers-read", RAW);
    private final Figures writes = new Figures("servers-write", RAW);
    private int roots;

    private ServersBenchmark() {}

    public static void main(String[] arguments) throws Exception {
        ServersBenchmark benchmark = new ServersBenchmark();
        benchmark.standalone("one server, not forced to disk", "no");
        benchmark.standalone("one server, forced to disk", "yes");
        benchmark.encrypted();
        benchmark.ensemble();
        benchmark.reads.save();
        benchmark.writes.save();
        System.exit(0);
    }

    private void standalone(String at, String forceSync) throws Exception {
        try (ZooKeeperProcess server = builder(forceSync).build().start()) {
            measure(at, Pipeline.on(server), server.connectString(), new ZKClientConfig());
        }
    }

    private static ZooKeeperProcess.Builder builder(String forceSync) {
        return ZooKeeperProcess.builder().heap("2g").property("zookeeper.forceSync", forceSync);
    }

    private void encrypted() throws Exception {
        try (Certificates certificates = new Certificates(PASSWORD);
                ZooKeeperProcess server = builder("yes")
                        .tls(certificates, "server", "client", "none")
                        .build()
                        .start()) {
            Path trusted = certificates.trustStore("server");
            String secure = "localhost:" + server.securePort();
            ZKClientConfig config = new ZKClientConfig();
            config.setProperty(ZKClientConfig.SECURE_CLIENT, "true");
            config.setProperty(
                    ZKClientConfig.ZOOKEEPER_CLIENT_CNXN_SOCKET, "org.apache.zookeeper.ClientCnxnSocketNetty");
            config.setProperty("zookeeper.ssl.trustStore.location", trusted.toString());
            config.setProperty("zookeeper.ssl.trustStore.password", PASSWORD);
            String options = "'connect-string' = '" + secure + "', 'ssl.truststore.location' = '" + trusted
                    + "', 'ssl.truststore.password' = '" + PASSWORD + "'";
            measure("one server, forced to disk, TLS", new Pipeline(server, options), secure, config);
        }
    }

    private void ensemble() throws Exception {
        try (ZooKeeperEnsemble ensemble = new ZooKeeperEnsemble(Path.of("docker", "zoo.cfg")).start()) {
            String options = "'connect-string' = '" + ensemble.connectString() + "'";
            measure(
                    "three servers, not forced to disk",
                    new Pipeline(ensemble.leader(), options),
                    ensemble.connectString(),
                    new ZKClientConfig());
        }
    }

    private void measure(String at, Pipeline pipeline, String connect, ZKClientConfig config) throws Exception {
        ZooKeeperProcess server = pipeline.server();
        CountDownLatch connected = new CountDownLatch(1);
        try (ZooKeeperAdmin zk = new ZooKeeperAdmin(server.connectString());
                ZooKeeper client = new ZooKeeper(
                        connect,
                        SESSION_MILLIS,
                        event -> {
                            if (event.getState() == Watcher.Event.KeeperState.SyncConnected) {
                                connected.countDown();
                            }
                        },
                        config)) {
            connected.await();
            Pipeline.fill(zk, "/read", ROWS, BYTES);
            reads.rounds(counts -> {
                Timing.Usage raw = Timing.usage(server, () -> RawClient.read(client, "/read", 500));
                Timing.Usage sql = pipeline.read("/read");
                if (counts) {
                    reads.noteRows(RAW, at, ROWS, raw);
                    reads.noteRows(PIPELINE, at, ROWS, sql);
                }
            });
            writes.rounds(counts -> {
                String rawRoot = root(zk);
                Timing.Usage raw = Timing.usage(server, () -> RawClient.create(client, rawRoot, ROWS, BYTES, 100));
                String root = root(zk);
                Timing.Usage sql = pipeline.write(root, ROWS, BYTES);
                if (counts) {
                    writes.noteRows(RAW, at, ROWS, raw);
                    writes.noteRows(PIPELINE, at, ROWS, sql);
                }
            });
        }
    }

    private String root(ZooKeeperAdmin zk) {
        String root = "/written-" + roots++;
        zk.create(root);
        return root;
    }
}
