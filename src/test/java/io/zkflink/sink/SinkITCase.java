// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.TableResult;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Rows become znodes: at least once, in batches, each as its row says. */
class SinkITCase {

    private static final String KEY = ", PRIMARY KEY (k) NOT ENFORCED";

    private final String root = SharedZooKeeper.freshRoot();
    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private final List<JobClient> running = new ArrayList<>();

    /** As in Flink before 2.3, to which a row of the same key is an update. */
    @BeforeEach
    void requireNoConflictClause() {
        sql.getConfig().set("table.exec.sink.require-on-conflict", "false");
    }

    @AfterEach
    void cancel() {
        for (JobClient job : running) {
            if (!Await.result(job.getJobStatus()).isGloballyTerminalState()) {
                Await.result(job.cancel());
            }
        }
    }

    private void table(String name, String columns, String path, String... options) {
        NodeTables.create(sql, name, columns, root + path, options);
    }

    /** Runs a bounded INSERT to its end. */
    private void insert(String statement) {
        Await.result(sql.executeSql(statement).getJobClient().orElseThrow().getJobExecutionResult());
    }

    private String failure(String statement) {
        return rootMessage(Await.failure(
                sql.executeSql(statement).getJobClient().orElseThrow().getJobExecutionResult()));
    }

    private JobClient start(String statement) {
        TableResult result = sql.executeSql(statement);
        running.add(result.getJobClient().orElseThrow());
        return result.getJobClient().get();
    }

    private static String rootMessage(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return cause.getMessage();
            }
        }
        return error.getMessage();
    }

    private void awaitTree(String path, Map<String, String> expected) {
        Await.untilAsserted("the tree is as expected", () -> assertThat(zk.tree(root + path))
                .isEqualTo(expected(path, expected)));
    }

    private Map<String, String> expected(String path, Map<String, String> relative) {
        Map<String, String> absolute = new TreeMap<>();
        relative.forEach((name, data) -> absolute.put(root + path + "/" + name, data));
        return absolute;
    }

    @Nested
    class Upserts {

        @Test
        void rowsCreateAndSetAndMissingParentsAreCreated() {
            table("t", "k STRING, a INT, b STRING" + KEY, "/deep/er/{k}", "format=json");
            insert("INSERT INTO t VALUES ('x', 1, 'one'), ('y', 2, 'two')");
            insert("INSERT INTO t VALUES ('y', 3, 'three'), ('z', 4, CAST(NULL AS STRING))");

            assertThat(zk.tree(root + "/deep/er"))
                    .isEqualTo(expected(
                            "/deep/er",
                            Map.of(
                                    "x", "{\"a\":1,\"b\":\"one\"}",
                                    "y", "{\"a\":3,\"b\":\"three\"}",
                                    "z", "{\"a\":4,\"b\":null}")));
            assertThat(zk.stat(root + "/deep/er/x").getVersion()).isZero();
            assertThat(zk.stat(root + "/deep/er/y").getVersion()).isEqualTo(1);
        }

        @Test
        void manyRowsOfWhichSomeExist() {
            Map<String, String> existing = new TreeMap<>();
            for (int i = 0; i < 3_000; i += 3) {
                existing.put(root + "/many/" + i, "old");
            }
            zk.createAll(existing);
            table("t", "k INT, v STRING" + KEY, "/many/{k}");
            sql.executeSql("CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                    + " 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '2999')");

            insert("INSERT INTO t SELECT i, CAST(i AS STRING) FROM numbers");

            Map<String, String> all = new TreeMap<>();
            for (int i = 0; i < 3_000; i++) {
                all.put(String.valueOf(i), String.valueOf(i));
            }
            assertThat(zk.tree(root + "/many")).isEqualTo(expected("/many", all));
        }

        @Test
        void lastRowOfAKeyWins() {
            table("t", "k STRING, v INT" + KEY, "/last/{k}", "format=csv", "sink.requests.max-buffered=7");
            sql.executeSql("CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                    + " 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '5000')");

            insert("INSERT INTO t SELECT CAST(MOD(i, 5) AS STRING), MAX(i) FROM numbers GROUP BY MOD(i, 5)");

            assertThat(zk.tree(root + "/last"))
                    .isEqualTo(
                            expected("/last", Map.of("0", "5000", "1", "4996", "2", "4997", "3", "4998", "4", "4999")));
        }

        @Test
        void tableWithoutPayloadLeavesDataOfOthersAlone() {
            zk.create(root + "/keys/a", "theirs");
            table("t", "k STRING" + KEY, "/keys/{k}");

            insert("INSERT INTO t VALUES ('a'), ('b')");

            assertThat(zk.tree(root + "/keys")).isEqualTo(expected("/keys", Map.of("a", "theirs", "b", "")));
            assertThat(zk.stat(root + "/keys/a").getVersion()).isZero();
        }

        @Test
        void rowOfNullsHasNoData() {
            table("t", "k STRING, a INT, b STRING" + KEY, "/nulls/{k}", "format=json");
            insert("INSERT INTO t VALUES ('x', CAST(NULL AS INT), CAST(NULL AS STRING))");
            assertThat(zk.tree(root + "/nulls")).isEqualTo(expected("/nulls", Map.of("x", "")));
        }

        @Test
        void tableOfOneZNode() {
            table("t", "v STRING", "/one/znode");
            insert("INSERT INTO t VALUES ('only')");
            assertThat(zk.get(root + "/one/znode")).isEqualTo("only");
        }

        @Test
        void namespaceIsCreated() {
            NodeTables.create(
                    sql, "t", "k STRING, v STRING" + KEY, "/{k}", "namespace=" + root.substring(1) + "/name/space");
            insert("INSERT INTO t VALUES ('a', '1')");
            assertThat(zk.get(root + "/name/space/a")).isEqualTo("1");
        }

        @Test
        void chrootIsNot() {
            String connect = SharedZooKeeper.connectString() + root + "/no/chroot";
            NodeTables.createAt(connect, sql, "t", "k STRING, v STRING" + KEY, "/{k}");
            assertThat(failure("INSERT INTO t VALUES ('a', '1')"))
                    .isEqualTo(
                            "The chroot of 'connect-string' = '" + connect + "' does not exist, and is never created by"
                                    + " this connector. Create it, or correct 'connect-string'.");
        }

        @Test
        void unchangedDataIsNotWrittenAgain() {
            zk.createAll(Map.of(root + "/same/a", "1", root + "/same/b", "1"));
            table("t", "k STRING, v STRING" + KEY, "/same/{k}", "sink.skip-unchanged=true");

            insert("INSERT INTO t VALUES ('a', '1'), ('b', '2'), ('c', '3')");

            assertThat(zk.tree(root + "/same")).isEqualTo(expected("/same", Map.of("a", "1", "b", "2", "c", "3")));
            assertThat(zk.stat(root + "/same/a").getVersion()).isZero();
            assertThat(zk.stat(root + "/same/b").getVersion()).isEqualTo(1);
        }
    }

    @Nested
    class Mirrors {

        @Test
        void subtreeIsMirroredLiveWithItsDeletions() {
            zk.createAll(new TreeMap<>(Map.of(root + "/a/x", "1", root + "/a/x/y", "2", root + "/a/x/y/z", "3")));
            table("a", "k STRING, v BYTES" + KEY, "/a/{*k}");
            table("b", "k STRING, v BYTES" + KEY, "/b/{*k}");
            start("INSERT INTO b SELECT * FROM a");
            awaitTree("/b", Map.of("x", "1", "x/y", "2", "x/y/z", "3"));

            zk.deleteTree(root + "/a/x/y");
            zk.create(root + "/a/new/deep", "4");
            zk.set(root + "/a/x", "5");
            awaitTree("/b", Map.of("x", "5", "new", "", "new/deep", "4"));

            zk.deleteTree(root + "/a/x");
            zk.deleteTree(root + "/a/new");
            awaitTree("/b", Map.of());
        }

        @Test
        void loopOfMirrorsComesToRest() {
            zk.createAll(Map.of(root + "/a/x", "1", root + "/b/y", "2"));
            table("a", "k STRING, v BYTES" + KEY, "/a/{k}", "sink.skip-unchanged=true");
            table("b", "k STRING, v BYTES" + KEY, "/b/{k}", "sink.skip-unchanged=true");
            start("INSERT INTO b SELECT * FROM a");
            start("INSERT INTO a SELECT * FROM b");
            awaitTree("/a", Map.of("x", "1", "y", "2"));
            awaitTree("/b", Map.of("x", "1", "y", "2"));
            zk.set(root + "/a/y", "3");
            awaitTree("/b", Map.of("x", "1", "y", "3"));

            zk.create(root + "/a/z", "end");
            awaitTree("/b", Map.of("x", "1", "y", "3", "z", "end"));
            assertThat(zk.stat(root + "/a/y").getVersion()).isEqualTo(1);
            assertThat(zk.stat(root + "/b/y").getVersion()).isEqualTo(1);
            assertThat(zk.stat(root + "/a/x").getVersion()).isZero();
        }
    }

    @Nested
    class Deletions {

        @Test
        void znodeWithForeignChildrenIsAnErrorAtTheCheckpoint() {
            zk.createAll(Map.of(root + "/a/x", "1"));
            table("a", "k STRING, v STRING" + KEY, "/a/{k}");
            table("b", "k STRING, v STRING" + KEY, "/b/{k}");
            sql.getConfig().set("execution.checkpointing.interval", "100 ms");
            JobClient job = start("INSERT INTO b SELECT * FROM a");
            awaitTree("/b", Map.of("x", "1"));
            zk.create(root + "/b/x/foreign", "");
            zk.delete(root + "/a/x");

            Await.until("the job restarts or fails", () -> Await.result(job.getJobStatus()) != JobStatus.RUNNING);
            Await.result(job.cancel());
            assertThat(zk.get(root + "/b/x/foreign")).isEmpty();
        }

        @Test
        void childrenGoTooIfTheyAreTo() {
            zk.createAll(Map.of(root + "/a/x", "1"));
            table("a", "k STRING, v STRING" + KEY, "/a/{k}");
            table("b", "k STRING, v STRING" + KEY, "/b/{k}", "sink.delete-children=true");
            start("INSERT INTO b SELECT * FROM a");
            awaitTree("/b", Map.of("x", "1"));
            Map<String, String> children = new TreeMap<>();
            for (int i = 0; i < 1_200; i++) {
                children.put(root + "/b/x/" + i % 3 + "/" + i, "");
            }
            zk.createAll(children);

            zk.delete(root + "/a/x");

            awaitTree("/b", Map.of());
        }
    }

    @Nested
    class CompareAndSet {

        private static final String VERSIONED = "k STRING, v STRING, `version` INT METADATA" + KEY;

        @Test
        void rowIsWrittenIfItsZNodeHasTheVersion() {
            zk.createAll(Map.of(root + "/cas/a", "0", root + "/cas/b", "0"));
            zk.set(root + "/cas/b", "1");
            table("t", VERSIONED, "/cas/{k}");

            insert("INSERT INTO t VALUES ('a', 'new', 0), ('b', 'new', 1), ('c', 'new', -1), ('d', 'new', CAST(NULL AS"
                    + " INT))");

            assertThat(zk.tree(root + "/cas"))
                    .isEqualTo(expected("/cas", Map.of("a", "new", "b", "new", "c", "new", "d", "new")));
        }

        @Test
        void conflictFails() {
            zk.createAll(Map.of(root + "/cas/a", "0"));
            table("t", VERSIONED, "/cas/{k}");

            assertThat(failure("INSERT INTO t VALUES ('a', 'new', 3)"))
                    .isEqualTo(
                            "The znode '" + root + "/cas/a' has version 0, and the row to be written expects version 3."
                                    + " Somebody else has written it. Set 'sink.conflict' = 'skip' to leave such znodes as they"
                                    + " are.");
            assertThat(failure("INSERT INTO t VALUES ('a', 'new', -1)")).contains("expects that it does not exist");
            assertThat(failure("INSERT INTO t VALUES ('b', 'new', 0)")).contains("does not exist, and the row");
            assertThat(zk.get(root + "/cas/a")).isEqualTo("0");
        }

        @Test
        void skippedConflictsTakeNobodyElseDown() {
            Map<String, String> znodes = new TreeMap<>();
            Map<String, String> after = new TreeMap<>();
            StringBuilder values = new StringBuilder();
            for (int i = 0; i < 100; i++) {
                znodes.put(root + "/cas/" + i, "old");
                values.append(i == 0 ? "" : ", ").append("('%d', 'new', %d)".formatted(i, i % 3 == 0 ? 7 : 0));
                after.put(String.valueOf(i), i % 3 == 0 ? "old" : "new");
            }
            zk.createAll(znodes);
            table("t", VERSIONED, "/cas/{k}", "sink.conflict=skip");

            insert("INSERT INTO t VALUES " + values);

            assertThat(zk.tree(root + "/cas")).isEqualTo(expected("/cas", after));
        }

        @Test
        void ownReplayIsNoConflict() {
            zk.createAll(Map.of(root + "/cas/a", "0"));
            table("t", VERSIONED, "/cas/{k}");
            insert("INSERT INTO t VALUES ('a', 'new', 0), ('b', 'new', -1)");
            insert("INSERT INTO t VALUES ('a', 'new', 0), ('b', 'new', -1)");

            assertThat(zk.stat(root + "/cas/a").getVersion()).isEqualTo(1);
            assertThat(zk.stat(root + "/cas/b").getVersion()).isZero();
        }
    }

    @Nested
    class CreateModes {

        @Test
        void sequentialRowsAppend() {
            table("t", "k STRING, v INT", "/queue/{k}", "format=csv", "sink.create-mode=persistent-sequential");
            sql.executeSql("CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                    + " 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '1999')");

            insert("INSERT INTO t SELECT 'job-', i FROM numbers");

            Map<String, String> all = new TreeMap<>();
            for (int i = 0; i < 2_000; i++) {
                all.put("job-%010d".formatted(i), String.valueOf(i));
            }
            assertThat(zk.tree(root + "/queue")).isEqualTo(expected("/queue", all));
        }

        @Test
        void znodesThatTheServerDeletes() {
            try (ZooKeeperProcess server = server("true");
                    ZooKeeperAdmin admin = new ZooKeeperAdmin(server.connectString())) {
                String columns = "k STRING, v STRING, m STRING METADATA FROM 'create-mode', ttl BIGINT METADATA" + KEY;
                NodeTables.createAt(server.connectString(), sql, "t", columns, "/{k}");
                insert("INSERT INTO t VALUES ('plain', '1', CAST(NULL AS STRING), CAST(NULL AS BIGINT)), ('container',"
                        + " '1', 'container', CAST(NULL AS BIGINT)), ('brief', '1', 'persistent-with-ttl', 100),"
                        + " ('long', '1', 'persistent-with-ttl', 3600000)");
                admin.create("/container/child", "");
                admin.delete("/container/child");

                Await.untilAsserted("the server has cleaned up", () -> assertThat(admin.children("/"))
                        .containsExactlyInAnyOrder("plain", "long", "zookeeper"));
                assertThat(failure("INSERT INTO t VALUES ('x', '1', 'ephemeral', CAST(NULL AS BIGINT))"))
                        .isEqualTo("The row of the znode '/x' has the 'create-mode' 'ephemeral'. In a table with"
                                + " 'sink.create-mode' = 'persistent' a row may have 'persistent', 'container',"
                                + " 'persistent-with-ttl'.");
                assertThat(failure("INSERT INTO t VALUES ('x', '1', 'persistent-with-ttl', CAST(NULL AS BIGINT))"))
                        .isEqualTo(
                                "The row of the znode '/x' has the create mode 'persistent-with-ttl' and a TTL of 0 ms,"
                                        + " which must be positive. Set 'sink.ttl', or give the row a 'ttl'.");
                NodeTables.createAt(
                        server.connectString(),
                        sql,
                        "months",
                        "k STRING, v STRING, ttl BIGINT METADATA" + KEY,
                        "/months/{k}",
                        "sink.create-mode=persistent-with-ttl",
                        "sink.ttl=400 d");
                insert("INSERT INTO months VALUES ('table', '1', CAST(NULL AS BIGINT)), ('row', '1', 864000000000)");
                assertThat(admin.children("/months")).containsExactlyInAnyOrder("table", "row");
                assertThat(failure("INSERT INTO months VALUES ('x', '1', 1099511627776)"))
                        .isEqualTo(
                                "The row of the znode '/months/x' has the create mode 'persistent-with-ttl' and a TTL"
                                        + " of 1099511627776 ms, which must be positive and at most 1099511627775 ms, nearly 35"
                                        + " years. Set 'sink.ttl', or give the row a 'ttl'.");
            }
        }

        @Test
        void ttlNeedsAServerThatAllowsIt() {
            try (ZooKeeperProcess server = server("false")) {
                NodeTables.createAt(
                        server.connectString(),
                        sql,
                        "t",
                        "k STRING, v STRING" + KEY,
                        "/{k}",
                        "sink.create-mode=persistent-with-ttl",
                        "sink.ttl=1 h");
                assertThat(failure("INSERT INTO t VALUES ('a', '1')"))
                        .isEqualTo("ZooKeeper could not create '/a' as 'persistent-with-ttl': the server does not know"
                                + " that create mode, or has it switched off. Znodes with a TTL need the system property"
                                + " 'zookeeper.extendedTypesEnabled' = 'true' on every server; containers need ZooKeeper"
                                + " 3.5 or newer.");
            }
        }

        private ZooKeeperProcess server(String extendedTypes) {
            return ZooKeeperProcess.builder()
                    .config("extendedTypesEnabled", extendedTypes)
                    .property("znode.container.checkIntervalMs", "200")
                    .build()
                    .start();
        }

        @Test
        void aclsAreSet() throws Exception {
            table("r", "k STRING, v STRING" + KEY, "/ro/{k}", "sink.acl=read-only");
            table("l", "k STRING, v STRING" + KEY, "/list/{k}", "sink.acl=world:anyone:rw,ip:127.0.0.1:cdrwa");
            insert("INSERT INTO r VALUES ('a', '1')");
            insert("INSERT INTO l VALUES ('a', '1')");

            assertThat(zk.zooKeeper().getACL(root + "/ro/a", null))
                    .extracting(ACL::getPerms)
                    .containsExactly(ZooDefs.Perms.READ);
            assertThat(zk.zooKeeper().getACL(root + "/list/a", null))
                    .extracting(acl -> entry(acl.getId().getScheme(), acl.getPerms()))
                    .containsExactlyInAnyOrder(
                            entry("world", ZooDefs.Perms.READ | ZooDefs.Perms.WRITE), entry("ip", ZooDefs.Perms.ALL));
            assertThat(failure("INSERT INTO r VALUES ('a', '2')"))
                    .isEqualTo("ZooKeeper could not set '" + root + "/ro/a': its ACL denies this user the WRITE"
                            + " permission (NOAUTH). Grant it, or connect as a user that has it"
                            + " ('auth.*', 'sasl.*' or a certificate in 'ssl.keystore.*').");
        }
    }

    @Nested
    class WrongRows {

        @Test
        void keysThatMakeNoPath() {
            table("t", "k STRING, v STRING" + KEY, "/wrong/{k}");
            assertThat(failure("INSERT INTO t VALUES ('a/b', '1')"))
                    .contains("'k'")
                    .contains("'a/b'");
            assertThat(failure("INSERT INTO t VALUES ('..', '1')"))
                    .contains("'k'")
                    .contains("'..'");
            table("n", "k STRING, v STRING", "/wrong/{k}");
            assertThat(failure("INSERT INTO n VALUES (CAST(NULL AS STRING), '1')"))
                    .isEqualTo(
                            "The column 'k' is NULL in a row, and the 'path' '" + root + "/wrong/{k}' needs a value for"
                                    + " it. Filter such rows out, or replace the NULL with COALESCE.");
            assertThat(zk.exists(root + "/wrong")).isFalse();
        }

        @Test
        void rowLargerThanTheServerTakes() {
            table("t", "k STRING, v STRING" + KEY, "/large/{k}");
            assertThat(failure("INSERT INTO t VALUES ('small', '1'), ('big', REPEAT('x', 1100000)), ('other', '1')"))
                    .startsWith("The row of the znode '" + root + "/large/big' makes a request of about 1100")
                    .endsWith("bytes, and the server breaks the connection at each attempt: its system property"
                            + " 'jute.maxbuffer' limits requests, to 1 MB by default. Write less into one znode, or raise"
                            + " that limit on every server and client.");
        }

        @Test
        void batchesAreDividedByBytes() {
            table("t", "k STRING, v STRING" + KEY, "/bytes/{k}");
            sql.executeSql("CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'fields.i.kind' ="
                    + " 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '49')");
            insert("INSERT INTO t SELECT CAST(i AS STRING), REPEAT('x', 200000) FROM numbers");
            assertThat(zk.children(root + "/bytes")).hasSize(50);
        }
    }
}
