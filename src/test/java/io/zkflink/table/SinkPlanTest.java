// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.LogSearch;
import java.util.List;
import java.util.Map;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the planner makes of sinks. */
class SinkPlanTest {

    private final StreamExecutionEnvironment environment = StreamExecutionEnvironment.getExecutionEnvironment();
    private final StreamTableEnvironment sql = StreamTableEnvironment.create(environment);

    @BeforeEach
    void tables() {
        environment.setParallelism(1);
        sql.getConfig().set("table.exec.sink.require-on-conflict", "false");
        table("nodes", "k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED", "/nodes/{k}", "'format' = 'json'");
        table("tree", "p STRING, v BYTES, PRIMARY KEY (p) NOT ENFORCED", "/tree/{*p}");
        table("wanted", "r STRING, o STRING, PRIMARY KEY (r, o) NOT ENFORCED", "/wanted/{r}/{o}");
    }

    @Test
    void aKeyedMirrorKeepsNoStateOfItsOwn() {
        String twin = "k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED";
        table("twin", twin, "/twin/{k}", "'format' = 'json'");
        table(
                "once",
                twin,
                "/twin/{k}",
                "'format' = 'json', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'twin'");
        table("live", twin, "/twin/{k}", "'format' = 'json', 'sink.create-mode' = 'ephemeral'");
        table("guarded", twin, "/twin/{k}", "'format' = 'json', 'sink.guard.lock' = '/lock'");
        table(
                "versioned",
                "k STRING, v INT, `version` INT METADATA, PRIMARY KEY (k) NOT ENFORCED",
                "/twin/{k}",
                "'format' = 'json'");
        table("copy", "p STRING, v BYTES, PRIMARY KEY (p) NOT ENFORCED", "/copy/{*p}");
        for (String sink : List.of("twin", "once", "live", "guarded")) {
            assertThat(sql.explainSql("INSERT INTO " + sink + " SELECT * FROM nodes"))
                    .as(sink)
                    .doesNotContain("ChangelogNormalize");
        }
        assertThat(sql.explainSql("INSERT INTO versioned SELECT k, v, CAST(NULL AS INT) FROM nodes"))
                .doesNotContain("ChangelogNormalize");
        table("versions", twin, "/nodes/{k}", "'format' = 'json', 'scan.changelog-mode' = 'all'");
        assertThat(sql.explainSql("INSERT INTO twin SELECT * FROM versions WHERE v > 1"))
                .doesNotContain("ChangelogNormalize");
        assertThat(sql.explainSql("INSERT INTO copy SELECT * FROM tree")).doesNotContain("ChangelogNormalize");
        for (String recipe : List.of("lock", "election", "barrier")) {
            table(
                    recipe,
                    "r STRING, o STRING, PRIMARY KEY (r, o) NOT ENFORCED",
                    "/recipes/{r}",
                    "'recipe' = '" + recipe + "'" + (recipe.equals("barrier") ? ", 'barrier.members' = '2'" : ""));
            assertThat(sql.explainSql("INSERT INTO `" + recipe + "` SELECT r, o FROM wanted"))
                    .as(recipe)
                    .doesNotContain("ChangelogNormalize");
        }
    }

    @Test
    void aTableWithoutAKeySaysWhichOneItNeeds() {
        table("unkeyed", "k STRING, v BIGINT", "/t/{k}", "'format' = 'json'");
        table(
                "appended",
                "k STRING, v BIGINT",
                "/t/{k}",
                "'format' = 'json', 'sink.create-mode' = 'persistent-sequential'");
        table("total", "v BIGINT", "/total", "'format' = 'json'");
        table("locks", "r STRING, o STRING", "/locks/{r}", "'recipe' = 'lock'");
        refused(
                "INSERT INTO unkeyed SELECT k, COUNT(*) FROM nodes GROUP BY k",
                "The query updates or deletes rows, and the table of 'path' '/t/{k}' does not say which znode such a row"
                        + " is. Declare PRIMARY KEY (k) NOT ENFORCED, or write a query that only inserts.");
        refused(
                "INSERT INTO appended SELECT k, COUNT(*) FROM nodes GROUP BY k",
                "The query updates or deletes rows, and the table of 'path' '/t/{k}' does not say which znode such a row"
                        + " is. It can have no PRIMARY KEY; write a query that only inserts.");
        refused(
                "INSERT INTO total SELECT COUNT(*) FROM nodes",
                "The query updates or deletes rows, and the table of 'path' '/total' does not say which znode such a row"
                        + " is. It can have no PRIMARY KEY; write a query that only inserts.");
        refused(
                "INSERT INTO locks SELECT r, o FROM wanted",
                "The query updates or deletes rows, and the table of 'path' '/locks/{r}' does not say which znode such a"
                        + " row is. Declare PRIMARY KEY (r, o) NOT ENFORCED, or write a query that only inserts.");
    }

    @Test
    void rowsAreNotAmongWhatTheSinkKeepsForItself() {
        String once = "'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'x'";
        String columns = "k STRING, v BYTES, PRIMARY KEY (k) NOT ENFORCED";
        String message = "Invalid value '/_flink/commits' for option 'sink.commit-path': the rows of the 'path'"
                + " '/_flink/commits/%s' lie inside of it, among what the sink has to remember. Set it to a path outside of"
                + " them, or write to another 'path'.";
        table("markers", columns, "/_flink/commits/x/{k}", once);
        refused("INSERT INTO markers SELECT 'a', CAST(NULL AS BYTES)", message.formatted("x/{k}"));
        table("epochs", columns, "/_flink/commits/{k}", "'sink.create-mode' = 'ephemeral'");
        refused("INSERT INTO epochs SELECT 'a', CAST(NULL AS BYTES)", message.formatted("{k}"));
        table("locks", "r STRING, o STRING", "/_flink/commits/{r}", "'recipe' = 'lock'");
        refused("INSERT INTO locks SELECT 'a', 'b'", message.formatted("{r}"));

        // At least once nothing is kept there, and an admin may clean up.
        table("cleaned", columns, "/_flink/commits/x/{k}");
        assertThat(sql.explainSql("INSERT INTO cleaned SELECT 'a', CAST(NULL AS BYTES)"))
                .contains("Sink");
    }

    @Test
    void aQueryThatFollowsWhatItWritesIsWarnedOf() {
        table("inside", "p STRING, v BYTES, PRIMARY KEY (p) NOT ENFORCED", "/tree/copy/{*p}");
        table("beside", "p STRING, v BYTES, PRIMARY KEY (p) NOT ENFORCED", "/copy/{*p}");
        try (LogSearch warnings = new LogSearch(line -> line.contains("The query follows what it writes"))) {
            sql.explainSql("INSERT INTO beside SELECT * FROM tree");
            sql.explainSql("INSERT INTO beside SELECT * FROM tree /*+ OPTIONS('scan.bounded.mode' = 'snapshot') */");
            assertThat(warnings.found()).isEmpty();
            sql.explainSql("INSERT INTO inside SELECT * FROM tree");
            assertThat(warnings.found()).anySatisfy(line -> assertThat(line).contains("'/tree/copy/{*p}'"));
        }
    }

    @Test
    void whatCannotBeUpdatedSaysWhy() {
        TableEnvironment batch = TableEnvironment.create(EnvironmentSettings.inBatchMode());
        table(batch, "nodes", "k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED", "/nodes/{k}", "'format' = 'json'");
        table(batch, "unkeyed", "k STRING, v INT", "/nodes/{k}", "'format' = 'json'");
        table(
                batch,
                "live",
                "k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED",
                "/nodes/{k}",
                "'format' = 'json', 'sink.create-mode' = 'ephemeral'");
        table(
                batch,
                "appended",
                "k STRING, v INT",
                "/nodes/{k}",
                "'format' = 'json', 'sink.create-mode' = 'persistent-sequential'");
        assertThatThrownBy(() -> batch.explainSql("UPDATE nodes SET k = 'x' WHERE v = 1"))
                .hasMessage("UPDATE cannot set 'k': the 'path' '/nodes/{k}' binds it, so another value means another"
                        + " znode. INSERT rows with the new value, and DELETE those with the old one.");
        assertThatThrownBy(() -> batch.explainSql("UPDATE unkeyed SET v = 1"))
                .hasMessage(
                        "UPDATE needs to know which columns say which znode: declare PRIMARY KEY (k) NOT ENFORCED.");
        assertThatThrownBy(() -> batch.explainSql("UPDATE live SET v = 1"))
                .hasMessage("UPDATE needs rows that outlive the job that wrote them, and with 'sink.create-mode' ="
                        + " 'ephemeral' they go when their query ends or retracts them.");
        assertThatThrownBy(() -> batch.explainSql("DELETE FROM appended WHERE v = 1"))
                .hasMessage("DELETE needs to know which row is which znode, and with 'sink.create-mode' ="
                        + " 'persistent-sequential' the server names them. Declare another table for it, whose 'path'"
                        + " binds the whole name.");
    }

    @Test
    void whatOneWriterMayDoIsDoneByOneWhateverRescalesTheJob() {
        String columns = "k STRING, v INT, PRIMARY KEY (k) NOT ENFORCED";
        String mine = "r STRING, o STRING, PRIMARY KEY (r, o) NOT ENFORCED";
        String deep = "p STRING, v BYTES, PRIMARY KEY (p) NOT ENFORCED";
        String once = "'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'x'";
        table("live", columns, "/twin/{k}", "'format' = 'json', 'sink.create-mode' = 'ephemeral'");
        table("guarded", columns, "/twin/{k}", "'format' = 'json', 'sink.guard.lock' = '/lock'");
        table("copy", deep, "/copy/{*p}");
        table("exact", deep, "/copy/{*p}", once);
        table("locks", mine, "/locks/{r}", "'recipe' = 'lock'");
        table("offices", mine, "/offices/{r}", "'recipe' = 'election'");
        table("barriers", mine, "/barriers/{r}", "'recipe' = 'barrier', 'barrier.members' = '2'");
        Map<String, String> queries = Map.of(
                "live", "nodes",
                "guarded", "nodes",
                "copy", "tree",
                "exact", "tree",
                "locks", "wanted",
                "offices", "wanted",
                "barriers", "wanted");
        queries.forEach((sink, source) -> {
            List<JobVertex> writers = writers("INSERT INTO " + sink + " SELECT * FROM " + source);
            assertThat(writers).as(sink).isNotEmpty().allSatisfy(writer -> {
                assertThat(writer.getMaxParallelism()).isEqualTo(1);
                assertThat(writer.getParallelism()).isEqualTo(1);
            });
        });
        assertThat(writers("INSERT INTO exact SELECT * FROM tree")).hasSize(2);

        // Others are as parallel as the query.
        table("twin", columns, "/twin/{k}", "'format' = 'json'");
        table("wide", columns, "/twin/{k}", "'format' = 'json', 'sink.parallelism' = '3'");
        assertThat(writers("INSERT INTO twin SELECT * FROM nodes"))
                .extracting(JobVertex::getParallelism)
                .containsExactly(1);
        assertThat(writers("INSERT INTO wide SELECT * FROM nodes"))
                .extracting(JobVertex::getParallelism)
                .containsExactly(3);
    }

    /** The vertices of a job that hold a part of a sink. */
    private List<JobVertex> writers(String statement) {
        sql.createStatementSet().addInsertSql(statement).attachAsDataStream();
        return environment.getStreamGraph().getJobGraph().getVerticesSortedTopologicallyFromSources().stream()
                .filter(vertex -> vertex.getName().matches(".*(Writer|Committer|owned rows).*"))
                .toList();
    }

    private void refused(String statement, String message) {
        assertThatThrownBy(() -> sql.explainSql(statement)).as(statement).hasStackTraceContaining(message);
    }

    private void table(String name, String columns, String path, String... options) {
        table(sql, name, columns, path, options);
    }

    private static void table(TableEnvironment sql, String name, String columns, String path, String... options) {
        sql.executeSql("CREATE TEMPORARY TABLE `" + name + "` (" + columns
                + ") WITH ('connector' = 'zookeeper', 'connect-string' = 'zk.invalid:2181', 'path' = '" + path + "'"
                + (options.length == 0 ? "" : ", " + String.join(", ", options)) + ")");
    }
}
