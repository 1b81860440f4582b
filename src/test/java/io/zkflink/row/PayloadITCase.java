// SPDX-License-Identifier: Apache-2.0
package io.zkflink.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.ScanRun;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The sentences of the contract about payloads, formats and what cannot be decoded. */
class PayloadITCase {

    private static final String KEYED = "k STRING, n INT, s STRING, PRIMARY KEY (k) NOT ENFORCED";
    private static final String KEYLESS = "k STRING, n INT, s STRING";
    private static final String BOUNDED = "scan.bounded.mode=snapshot";

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final List<String> hidden = new ArrayList<>();
    private final StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @AfterEach
    void show() {
        hidden.forEach(path -> NodeTables.show(zk, path));
    }

    private void hide(String path) {
        hidden.add(path);
        NodeTables.hide(zk, path);
    }

    @Test
    void nullOrEmptyDataGivesNullPayloadColumnsInEveryFormatAndErrorMode() {
        zk.createRaw(root + "/null", null, CreateMode.PERSISTENT);
        zk.createRaw(root + "/empty", new byte[0], CreateMode.PERSISTENT);
        for (String format : List.of("json", "csv")) {
            for (String errors : List.of("fail", "null", "skip")) {
                String name = format + "_" + errors;
                table(name, KEYED, "format=" + format, "scan.parse-errors=" + errors, BOUNDED);
                assertThat(end("SELECT * FROM " + name))
                        .as(name)
                        .containsExactlyInAnyOrder("+I[null, null, null]", "+I[empty, null, null]");
            }
        }
        for (String type : List.of("STRING", "BYTES", "INT", "BIGINT", "BOOLEAN", "DOUBLE")) {
            String name = "raw_" + type;
            table(name, "k STRING, v " + type, BOUNDED);
            assertThat(end("SELECT * FROM " + name))
                    .as(name)
                    .containsExactlyInAnyOrder("+I[null, null]", "+I[empty, null]");
        }
    }

    @Test
    void oneColumnAndNoFormatIsRaw() {
        zk.createRaw(root + "/a", new byte[] {0, 0, 1, 2}, CreateMode.PERSISTENT);
        table("ints", "k STRING, v INT", BOUNDED);
        assertThat(end("SELECT * FROM ints")).containsExactly("+I[a, 258]");
        table("explicit", "k STRING, v INT", BOUNDED, "format=raw", "raw.endianness=little-endian");
        assertThat(end("SELECT * FROM explicit")).containsExactly("+I[a, 33619968]");
        table("longs", "k STRING, v BIGINT", BOUNDED, "scan.parse-errors=null");
        assertThat(end("SELECT * FROM longs")).containsExactly("+I[a, null]");
        table("skipped", "k STRING, v BIGINT", BOUNDED, "scan.parse-errors=skip");
        assertThat(end("SELECT * FROM skipped")).isEmpty();
    }

    @Test
    void csvDecodesColumnsInTheirOrderWithoutThePathsOnes() {
        zk.create(root + "/a", "7,x");
        zk.create(root + "/b", "8;y");
        table("t", "s STRING, k STRING, n INT", BOUNDED, "format=csv", "scan.parse-errors=skip");
        assertThat(end("SELECT * FROM t")).isEmpty();
        table("u", "n INT, k STRING, s STRING", BOUNDED, "format=csv", "scan.parse-errors=skip");
        assertThat(end("SELECT * FROM u")).containsExactly("+I[7, a, x]");
        table(
                "w",
                "n INT, k STRING, s STRING",
                BOUNDED,
                "format=csv",
                "csv.field-delimiter=;",
                "scan.parse-errors=null");
        assertThat(end("SELECT * FROM w")).containsExactlyInAnyOrder("+I[8, b, y]", "+I[null, a, null]");
    }

    @Test
    void anUndecodablePayloadFailsNamingPathVersionAndTheFormatsReason() {
        zk.create(root + "/bad", "{\"n\":1}");
        table("t", KEYED, "format=json");
        try (Changelog changes = select("SELECT * FROM t")) {
            changes.awaitTable("[bad, 1, null]");
            zk.set(root + "/bad", "{\"n\":oops}");
            assertThat(changes.awaitFailure())
                    .hasStackTraceContaining(root + "/bad")
                    .hasStackTraceContaining("version 1")
                    .hasStackTraceContaining("oops");
        }
    }

    @Test
    void wrongRawDataFailsNamingThePath() {
        zk.create(root + "/bad", "abc");
        table("t", "k STRING, v INT", BOUNDED);
        try (Changelog changes = select("SELECT * FROM t")) {
            assertThat(changes.awaitFailure())
                    .hasStackTraceContaining(root + "/bad")
                    .hasStackTraceContaining("version 0");
        }
    }

    @Test
    void skipRetractsTheEarlierRowInUpsertMode() {
        table("t", KEYED, "format=json", "scan.parse-errors=skip");
        try (ScanRun run = ScanRun.upsert(sql, "SELECT k, n FROM t", "k")) {
            goodBadGood(run, "+[a, 1]", "-[a, null]", "+[a, 2]", "-[a, null]");
        }
    }

    @Test
    void skipRetractsTheEarlierRowInAllMode() {
        table("t", KEYLESS, "format=json", "scan.parse-errors=skip");
        try (ScanRun run = ScanRun.all(sql, "SELECT k, n FROM t")) {
            goodBadGood(run, "+[a, 1]", "-[a, 1]", "+[a, 2]", "-[a, 2]");
        }
    }

    @Test
    void aFormatThatSwallowsItsErrorsCountsAsSkip() {
        table("t", KEYLESS, "format=json", "json.ignore-parse-errors=true");
        try (ScanRun run = ScanRun.all(sql, "SELECT k, n FROM t")) {
            goodBadGood(run, "+[a, 1]", "-[a, 1]", "+[a, 2]", "-[a, 2]");
        }
    }

    @Test
    void aFormatThatSwallowsItsErrorsCountsAsSkipInUpsertMode() {
        table("t", KEYED, "format=json", "json.ignore-parse-errors=true");
        try (ScanRun run = ScanRun.upsert(sql, "SELECT k, n FROM t", "k")) {
            goodBadGood(run, "+[a, 1]", "-[a, null]", "+[a, 2]", "-[a, null]");
        }
    }

    /** With what the good row, its loss, the next good row and its loss should give. */
    private void goodBadGood(ScanRun run, String first, String lost, String second, String lostAgain) {
        zk.create(root + "/a", "garbage");
        zk.set(root + "/a", "{\"n\":1}");
        run.awaitRows(first);
        zk.set(root + "/a", "garbage");
        run.awaitRows(first, lost);
        zk.set(root + "/a", "more garbage");
        zk.set(root + "/a", "{\"n\":2}");
        run.awaitRows(first, lost, second);
        zk.set(root + "/a", "garbage");
        run.awaitRows(first, lost, second, lostAgain);
        zk.delete(root + "/a");
        zk.create(root + "/b", "garbage");
        zk.delete(root + "/b");
        zk.create(root + "/c", "garbage");
        NodeTables.recreate(zk, root + "/c", "{\"n\":3}");
        run.awaitRows(first, lost, second, lostAgain, "+[c, 3]");
        NodeTables.recreate(zk, root + "/c", "garbage");
        Await.until("c is retracted", () -> run.rows().size() == 6);
        assertThat(run.rows().get(5)).startsWith("-[c, ");
    }

    @Test
    void skipInAppendModeNeverSaysMoreOfAZNodeThanThatItIsThereAndThenGone() {
        table(
                "t",
                KEYLESS + ", event STRING METADATA FROM 'event-type'",
                "format=json",
                "scan.parse-errors=skip",
                "scan.changelog-mode=append");
        try (ScanRun run = ScanRun.all(sql, "SELECT event, k, n FROM t")) {
            zk.create(root + "/a", "{\"n\":1}");
            run.awaitRows("+[CREATED, a, 1]");
            zk.set(root + "/a", "garbage");
            zk.create(root + "/m", "{\"n\":0}");
            Await.until("the marker", () -> run.rows().contains("+[CREATED, m, 0]"));
            zk.set(root + "/a", "{\"n\":2}");
            Await.until("good again", () -> run.rows().stream().anyMatch(row -> row.endsWith(", a, 2]")));
            zk.delete(root + "/a");
            Await.until("deleted", () -> {
                List<String> rows = run.rows();
                return rows.get(rows.size() - 1).equals("+[DELETED, a, null]");
            });
            List<String> ofA =
                    run.rows().stream().filter(row -> row.contains(", a, ")).toList();
            assertThat(ofA)
                    .isIn(
                            List.of("+[CREATED, a, 1]", "+[CHANGED, a, 2]", "+[DELETED, a, null]"),
                            List.of(
                                    "+[CREATED, a, 1]",
                                    "+[DELETED, a, null]",
                                    "+[CREATED, a, 2]",
                                    "+[DELETED, a, null]"));
        }
    }

    @Test
    void nullKeepsTheRowWithNullPayloadAndItsMetadata() {
        table("t", KEYLESS + ", `version` INT METADATA", "format=json", "scan.parse-errors=null");
        try (ScanRun run = ScanRun.all(sql, "SELECT k, n, s, `version` FROM t")) {
            zk.create(root + "/a", "{\"n\":1,\"s\":\"x\"}");
            run.awaitExactRows("+I[a, 1, x, 0]");
            zk.set(root + "/a", "garbage");
            run.awaitExactRows("+I[a, 1, x, 0]", "-U[a, 1, x, 0]", "+U[a, null, null, 1]");
            zk.set(root + "/a", "{\"n\":2}");
            run.awaitExactRows(
                    "+I[a, 1, x, 0]",
                    "-U[a, 1, x, 0]",
                    "+U[a, null, null, 1]",
                    "-U[a, null, null, 1]",
                    "+U[a, 2, null, 2]");
            zk.delete(root + "/a");
            Await.until("gone", () -> run.exactRows().size() == 6);
            assertThat(run.exactRows().get(5)).isEqualTo("-D[a, 2, null, 2]");
        }
    }

    @Test
    void failDoesNotFailOnPayloadsThatNobodySelects() {
        zk.create(root + "/a", "garbage");
        table("t", KEYED, "format=json");
        try (Changelog changes = select("SELECT k FROM t")) {
            changes.awaitTable("[a]");
        }
    }

    @Test
    void oneZNodeNeverGivesMoreThanOneRow() {
        zk.create(root + "/a", "[{\"n\":1},{\"n\":2}]");
        zk.create(root + "/b", "[]");
        zk.create(root + "/c", "null");
        zk.create(root + "/d", "{\"n\":1}{\"n\":2}");
        table("t", KEYLESS, "format=json", "scan.parse-errors=null", BOUNDED);
        List<String> rows = end("SELECT k FROM t");
        assertThat(rows).doesNotHaveDuplicates();
        table("s", KEYLESS, "format=json", "scan.parse-errors=skip", BOUNDED);
        assertThat(end("SELECT k FROM s")).doesNotHaveDuplicates();
    }

    @Test
    void noDataIsEverFetchedWithoutPayloadColumns() {
        zk.create(root + "/a", "x");
        zk.create(root + "/b/c", "x");
        hide(root + "/a");
        table("keys", "k STRING, PRIMARY KEY (k) NOT ENFORCED", BOUNDED);
        assertThat(end("SELECT * FROM keys")).containsExactlyInAnyOrder("+I[a]", "+I[b]");
    }

    @Test
    void anAclDenialNamesThePathAndThePermission() {
        zk.create(root + "/denied", "x");
        hide(root + "/denied");
        table("t", "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED");
        try (Changelog changes = select("SELECT * FROM t")) {
            assertThat(changes.awaitFailure())
                    .hasStackTraceContaining(root + "/denied")
                    .hasStackTraceContaining("READ");
        }
    }

    @Test
    void anAclDenialOfChildrenNamesThePathAndThePermission() {
        zk.create(root + "/denied/x", "x");
        hide(root + "/denied");
        NodeTables.create(sql, "t", "k STRING, l STRING, v STRING", root + "/{k}/{l}", BOUNDED);
        try (Changelog changes = select("SELECT * FROM t")) {
            assertThat(changes.awaitFailure())
                    .hasStackTraceContaining(root + "/denied")
                    .hasStackTraceContaining("READ");
        }
    }

    @Test
    void severalPayloadColumnsNeedAFormat() {
        table("t", KEYED);
        assertThatThrownBy(() -> sql.explainSql("SELECT * FROM t")).hasStackTraceContaining("format");
    }

    @Test
    void aFormatWithChangelogsOfItsOwnIsRefused() {
        table("t", KEYED, "format=debezium-json");
        assertThatThrownBy(() -> sql.explainSql("SELECT * FROM t")).hasStackTraceContaining("format");
    }

    private void table(String name, String columns, String... options) {
        NodeTables.create(sql, name, columns, root + "/{k}", options);
    }

    private Changelog select(String query) {
        return new Changelog(sql.executeSql(query));
    }

    private List<String> end(String query) {
        try (Changelog changes = select(query)) {
            return changes.awaitEnd();
        }
    }
}
