// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.ZooKeeper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The tools that other tests rely on do what they say. */
@SuppressWarnings("try") // that close() may be interrupted is no news here
class KitITCase {

    @RegisterExtension
    static final ZooKeeperExtension ZK = new ZooKeeperExtension();

    @AfterEach
    void heal() {
        ZK.reset();
        ZK.admin().deleteTree("/kit");
    }

    @Test
    void adminWritesAndReadsTheTree() {
        ZK.admin().create("/kit/a/b", "1");
        ZK.admin().create("/kit/empty");
        ZK.admin().set("/kit/a/b", "2");
        assertThat(ZK.admin().tree("/kit"))
                .containsExactly(Map.entry("/kit/a", ""), Map.entry("/kit/a/b", "2"), Map.entry("/kit/empty", ""));
        ZK.admin().deleteTree("/kit/a");
        assertThat(ZK.admin().tree("/kit")).containsOnlyKeys("/kit/empty");
        assertThat(ZK.admin().tree("/kit/none")).isEmpty();
    }

    @Test
    void adminCreatesManyZnodes() {
        Map<String, String> znodes = new LinkedHashMap<>();
        for (int i = 0; i < 3_000; i++) {
            znodes.put("/kit/many/" + i, String.valueOf(i));
        }
        ZK.admin().createAll(znodes);
        assertThat(ZK.admin().tree("/kit/many")).isEqualTo(znodes);
    }

    @Test
    void serverKeepsItsDataOverARestart() {
        ZK.admin().create("/kit/kept", "x");
        ZK.process().restart();
        assertThat(ZK.admin().get("/kit/kept")).isEqualTo("x");
    }

    @Test
    void pausedServerAnswersNobody() throws Exception {
        try (ZooKeeper client = new ZooKeeper(ZK.directConnectString(), 1_000, event -> {})) {
            Await.until("connected", () -> client.getState().isConnected());
            ZK.process().pause();
            Await.until("the client gives up its connection", () -> !client.getState()
                    .isConnected());
            ZK.process().resume();
            ZK.admin().create("/kit/resumed", "x");
        }
    }

    @Test
    void sessionsExpireThroughTheProxyOnly() throws Exception {
        ZK.admin().createEphemeral("/kit/mine", "x");
        try (ZooKeeper direct = new ZooKeeper(ZK.directConnectString(), 1_000, event -> {});
                ZooKeeper proxied = new ZooKeeper(ZK.connectString(), 1_000, event -> {})) {
            Await.until(
                    "both are connected",
                    () -> direct.getState().isConnected() && proxied.getState().isConnected());
            assertThat(ZK.process().sessionCount()).isEqualTo(3);
            AtomicReference<Integer> left = new AtomicReference<>();
            ZK.expireSessions(() -> left.set(ZK.process().sessionCount()));
            assertThat(left).hasValue(2);
            Await.until("the client hears of it", () -> !proxied.getState().isAlive());
            assertThat(direct.getState().isConnected()).isTrue();
            assertThat(ZK.admin().exists("/kit/mine")).isTrue();
        }
    }

    @Test
    void blackholeHoldsBackWhatItHealsToDeliver() throws Exception {
        ZK.admin().create("/kit/x", "1");
        try (ZooKeeper client = new ZooKeeper(ZK.connectString(), 30_000, event -> {})) {
            assertThat(client.exists("/kit/x", false)).isNotNull();
            AtomicReference<byte[]> answer = new AtomicReference<>();
            ZK.whileBlackholed(() -> {
                client.getData("/kit/x", false, (rc, path, ctx, data, stat) -> answer.set(data), null);
                ZK.admin().set("/kit/x", "2");
                assertThat(answer).hasValue(null);
            });
            Await.until("the answer arrives", () -> answer.get() != null);
            assertThat(answer.get()).asString().isEqualTo("2");
            assertThat(client.getState().isConnected()).isTrue();
        }
    }

    @Test
    void watchesAreCounted() throws Exception {
        int before = ZK.process().watchCount();
        try (ZooKeeper client = new ZooKeeper(ZK.directConnectString(), 30_000, event -> {})) {
            client.addWatch("/", event -> {}, AddWatchMode.PERSISTENT_RECURSIVE);
            assertThat(ZK.process().watchCount()).isEqualTo(before + 1);
        }
    }

    @Test
    void sharedFlinkRunsStatementsAndSurvivesTheLossOfItsTaskManager() throws Exception {
        assertThat(rows(SharedMiniCluster.tableEnvironment(2, new Configuration())
                        .executeSql("SELECT * FROM (VALUES 1, 2, 3)")))
                .hasSize(3);
        SharedMiniCluster.replaceTaskManager();
        SharedMiniCluster.replaceTaskManager();
        assertThat(rows(SharedMiniCluster.batchTableEnvironment(2).executeSql("SELECT * FROM (VALUES 1, 2, 3)")))
                .hasSize(3);
    }

    private static List<Row> rows(TableResult result) throws Exception {
        List<Row> rows = new ArrayList<>();
        try (CloseableIterator<Row> found = result.collect()) {
            found.forEachRemaining(rows::add);
        }
        return rows;
    }
}
