// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.Test;

/** Which columns can be the rowtime: those that know when a znode was deleted. */
class RowtimeRulesTest {

    private static final String KEY = ", PRIMARY KEY (k) NOT ENFORCED";
    private static final String SEEN = "seen TIMESTAMP_LTZ(3) METADATA FROM 'mtime' VIRTUAL";

    private final TableEnvironment streaming = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    private final TableEnvironment batch = TableEnvironment.create(EnvironmentSettings.inBatchMode());

    private String plan(TableEnvironment sql, String columns, String... options) {
        StringBuilder with = new StringBuilder();
        for (String option : options) {
            with.append(", ").append(option);
        }
        sql.executeSql("DROP TEMPORARY TABLE IF EXISTS t");
        sql.executeSql("CREATE TEMPORARY TABLE t (k STRING, ts TIMESTAMP_LTZ(3), "
                + (columns.contains("'mtime'") ? "" : SEEN + ", ") + columns
                + ") WITH ('connector' = 'zookeeper', 'connect-string' = 'zk.invalid:2181', 'path' = '/r/{k}',"
                + " 'format' = 'csv'" + with + ")");
        return sql.explainSql("SELECT * FROM t");
    }

    @Test
    void anotherTimeThanMtimeIsRefusedWhereRowsAreTakenBack() {
        for (String rowtime : List.of(
                "WATERMARK FOR ts AS ts",
                "made TIMESTAMP_LTZ(3) METADATA FROM 'ctime' VIRTUAL, WATERMARK FOR made AS made",
                "moment AS ts + INTERVAL '1' SECOND, WATERMARK FOR moment AS moment",
                "moment AS COALESCE(ts, seen), WATERMARK FOR moment AS moment",
                "moment AS TO_TIMESTAMP(k), WATERMARK FOR moment AS moment")) {
            for (String mode : List.of("all", "upsert")) {
                assertThatThrownBy(() -> plan(streaming, rowtime + KEY, "'scan.changelog-mode' = '" + mode + "'"))
                        .as(rowtime)
                        .rootCause()
                        .hasMessageStartingWith("Invalid watermark for the column '"
                                + rowtime.replaceAll(".*WATERMARK FOR (\\w+) .*", "$1")
                                + "' with 'scan.changelog-mode' = '" + mode + "': when a znode was deleted is told by"
                                + " 'mtime' alone")
                        .hasMessageContaining("METADATA FROM 'mtime' VIRTUAL")
                        .hasMessageContaining("'append'");
            }
            assertThat(plan(streaming, rowtime, "'scan.changelog-mode' = 'append'"))
                    .contains("TableSourceScan");
            assertThat(plan(streaming, rowtime + KEY, "'scan.bounded.mode' = 'snapshot'"))
                    .contains("TableSourceScan");
            assertThat(plan(batch, rowtime + KEY)).contains("TableSourceScan");
        }
    }

    @Test
    void whatIsMadeOfMtimeIsARowtime() {
        for (String rowtime : List.of(
                "WATERMARK FOR seen AS seen - INTERVAL '1' SECOND",
                "WATERMARK FOR seen AS SOURCE_WATERMARK()",
                "moment AS CAST(seen AS TIMESTAMP(3)), WATERMARK FOR moment AS moment",
                "moment TIMESTAMP(3) METADATA FROM 'mtime' VIRTUAL, WATERMARK FOR moment AS moment")) {
            assertThat(plan(streaming, rowtime + KEY, "'scan.changelog-mode' = 'all'"))
                    .contains("TableSourceScan");
        }
    }

    @Test
    void theSourceKnowsNoOtherTime() {
        for (String rowtime : List.of(
                "WATERMARK FOR ts AS SOURCE_WATERMARK()",
                "moment AS CAST(seen AS TIMESTAMP(3)), WATERMARK FOR moment AS SOURCE_WATERMARK()",
                "moment TIMESTAMP(3) METADATA FROM 'mtime' VIRTUAL, WATERMARK FOR moment AS SOURCE_WATERMARK()")) {
            assertThatThrownBy(() -> plan(streaming, rowtime, "'scan.changelog-mode' = 'append'"))
                    .as(rowtime)
                    .rootCause()
                    .hasMessageStartingWith("Invalid watermark SOURCE_WATERMARK() for the column '")
                    .hasMessageContaining("the source knows how far 'mtime' has come")
                    .hasMessageContaining("METADATA FROM 'mtime' VIRTUAL");
        }
        assertThatThrownBy(() -> plan(
                        streaming,
                        "WATERMARK FOR ts AS ts",
                        "'scan.changelog-mode' = 'append'",
                        "'scan.watermark.advance-interval' = '1 s'"))
                .rootCause()
                .hasMessageStartingWith(
                        "Invalid value '1 s' for option 'scan.watermark.advance-interval': it moves on the"
                                + " time of 'mtime', and the watermark is for the column 'ts'")
                .hasMessageContaining("remove the option");
    }
}
