// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.sink.ZNodeUpdate;
import io.zkflink.sink.ZooKeeperSink;
import io.zkflink.source.ZooKeeperSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.lineage.DatasetConfigFacet;
import org.apache.flink.streaming.api.lineage.LineageDataset;
import org.apache.flink.streaming.api.lineage.LineageGraph;
import org.apache.flink.streaming.api.lineage.LineageVertex;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.Test;

/** What a job tells listeners of the znodes that it reads and writes. */
class LineageTest {

    private final StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();

    @Test
    void ofTablesThatAreWritten() {
        StreamTableEnvironment sql = StreamTableEnvironment.create(environment);
        String table = "CREATE TEMPORARY TABLE %s (k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' ="
                + " 'zookeeper', 'connect-string' = 'zk.invalid:2181/chroot', 'namespace' = 'team', 'path' = '/%s/{k}',"
                + " 'format' = 'json', 'auth.scheme' = 'digest', 'auth.username' = 'u', 'auth.password' = 'geheim'%s)";
        sql.executeSql(table.formatted("origin", "from", ""));
        sql.executeSql(table.formatted("often", "to", ""));
        sql.executeSql(table.formatted(
                "once",
                "to",
                ", 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'lineage'"));
        Map.of("often", "at-least-once", "once", "exactly-once").forEach((name, guarantee) -> {
            sql.createStatementSet()
                    .addInsertSql("INSERT INTO " + name + " SELECT * FROM origin")
                    .attachAsDataStream();
            LineageDataset sink = only(graph().sinks());
            assertThat(sink.namespace()).isEqualTo("zookeeper://zk.invalid:2181/chroot");
            assertThat(how(sink))
                    .containsOnly(Map.entry("path", "/team/to/{k}"), Map.entry("sink.delivery-guarantee", guarantee));
        });
    }

    @Test
    void ofStreams() {
        ConnectionSettings connection = ConnectionSettings.of("zk.invalid:2181");
        environment
                .fromSource(
                        ZooKeeperSource.builder()
                                .setConnection(connection)
                                .setPath("/from/{k}")
                                .build(),
                        WatermarkStrategy.noWatermarks(),
                        "source")
                .map(change -> change.path())
                .sinkTo(ZooKeeperSink.builder((String path) -> ZNodeUpdate.put("/copy" + path, null))
                        .setConnection(connection)
                        .build());
        LineageGraph graph = graph();
        LineageDataset source = only(graph.sources());
        assertThat(source.namespace()).isEqualTo("zookeeper://zk.invalid:2181");
        assertThat(source.name()).isEqualTo("/from/{k}");
        assertThat(how(source)).containsKey("scan.changelog-mode");
        assertThat(only(graph.sinks()).name()).isEqualTo("/");
    }

    private LineageGraph graph() {
        return environment.getStreamGraph().getLineageGraph();
    }

    private static LineageDataset only(List<? extends LineageVertex> vertices) {
        assertThat(vertices).hasSize(1);
        assertThat(vertices.get(0).datasets()).hasSize(1);
        return vertices.get(0).datasets().get(0);
    }

    private static Map<String, String> how(LineageDataset dataset) {
        return dataset.facets().values().stream()
                .filter(DatasetConfigFacet.class::isInstance)
                .map(DatasetConfigFacet.class::cast)
                .filter(facet -> facet.name().equals("zookeeper"))
                .flatMap(facet -> facet.config().entrySet().stream())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
