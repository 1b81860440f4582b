// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.RecordingReporter;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.Subtask;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.flink.table.api.ExplainDetail;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Joins with all shapes of keys; each gives the same rows wherever they come from. */
class LookupJoinITCase {

    private static final String ROOT = SharedZooKeeper.freshRoot();
    private static final ZooKeeperAdmin ZK = SharedZooKeeper.admin();

    /** Where rows come from. */
    enum Mode {
        SYNC(),
        ASYNC("lookup.async=true"),
        TTL("lookup.cache=PARTIAL", "lookup.partial-cache.max-rows=100", "lookup.partial-cache.invalidation=ttl"),
        ASYNC_TTL(
                "lookup.async=true",
                "lookup.cache=PARTIAL",
                "lookup.partial-cache.max-rows=100",
                "lookup.partial-cache.invalidation=ttl"),
        WATCH("lookup.cache=PARTIAL", "lookup.partial-cache.max-rows=100"),
        ASYNC_WATCH("lookup.async=true", "lookup.cache=PARTIAL", "lookup.partial-cache.expire-after-access=1 h"),
        FULL("lookup.cache=FULL");

        private final String[] options;

        Mode(String... options) {
            this.options = options;
        }
    }

    @BeforeAll
    static void tree() {
        ZK.create(ROOT + "/flags/cart/ui", "{\"enabled\":true,\"rollout\":10,\"tag\":\"a\"}");
        ZK.create(ROOT + "/flags/cart/pay", "{\"enabled\":false,\"rollout\":20,\"tag\":\"b\"}");
        ZK.create(ROOT + "/flags/search/ranker", "{\"enabled\":true,\"rollout\":30}");
        ZK.create(ROOT + "/flags/search/empty");
        ZK.create(ROOT + "/flags/search/ranker/below", "{\"enabled\":true,\"rollout\":99}");
        ZK.create(ROOT + "/parts/7", "seven");
        ZK.create(ROOT + "/parts/007", "agent");
        ZK.create(ROOT + "/parts/8", "eight");
        ZK.create(ROOT + "/tree/a", "1");
        ZK.create(ROOT + "/tree/a/b", "2");
        ZK.create(ROOT + "/tree/a/b/c", "3");
        ZK.create(ROOT + "/tree/x", "4");
        ZK.create(ROOT + "/deep/t/mid/0/state", "s0");
        ZK.create(ROOT + "/deep/t/mid/1/state", "s1");
        ZK.create(ROOT + "/deep/t/other/2/state", "no");
        ZK.create(ROOT + "/deep/u/mid/0/state", "u0");
        ZK.create(ROOT + "/urls/a%2Fb", "encoded");
        ZK.create(ROOT + "/urls/%3F", "a question");
        ZK.create(ROOT + "/kinds/abc/true", "x");
        ZK.createRaw(ROOT + "/bytes/raw", new byte[] {1, 2}, CreateMode.PERSISTENT);
        ZK.create(ROOT + "/numbers/zero", "{\"d\":-0.0,\"n\":1.50}");
        ZK.create(ROOT + "/leader", "me");
    }

    @AfterAll
    static void clean() {
        ZK.deleteTree(ROOT);
    }

    /**
     * @param left rows of VALUES
     * @param query with {@code l} for the left table
     */
    private record Case(String columns, String path, String left, String query, List<String> rows, String option) {
        Case(String columns, String path, String left, String query, List<String> rows) {
            this(columns, path, left, query, rows, "");
        }
    }

    private static final String FLAGS = "service STRING, flag STRING, enabled BOOLEAN, rollout INT, tag STRING,"
            + " `version` INT METADATA VIRTUAL, path STRING METADATA VIRTUAL";
    private static final String FLAGS_PATH = "/flags/{service}/{flag}";
    private static final String SHUFFLE = "/*+ LOOKUP('table'='t', 'shuffle'='true') */ ";
    private static final String AT = " FOR SYSTEM_TIME AS OF l.pt AS t ON ";

    private static Case flags(String left, String query, String... rows) {
        return new Case(FLAGS, FLAGS_PATH, left, query, List.of(rows), "format=json");
    }

    private static Stream<Case> cases() {
        return Stream.of(
                // Points
                flags(
                        "('cart', 'ui'), ('cart', 'pay'), ('cart', 'none'), ('none', 'ui')",
                        "SELECT l.a, l.b, t.rollout, t.`version`, t.path FROM l JOIN t" + AT
                                + "t.service = l.a AND t.flag = l.b",
                        "cart, ui, 10, 0, %s/flags/cart/ui",
                        "cart, pay, 20, 0, %s/flags/cart/pay"),
                flags(
                        "('cart', 'ui'), ('search', 'empty'), ('cart', 'none')",
                        "SELECT l.a, l.b, t.flag, t.enabled FROM l LEFT JOIN t" + AT
                                + "t.service = l.a AND t.flag = l.b",
                        "cart, ui, ui, TRUE",
                        "search, empty, empty, NULL",
                        "cart, none, NULL, NULL"),
                flags("('x', 'cart')", "SELECT t.flag FROM l JOIN t" + AT + "t.service = l.b AND t.flag = 'ui'", "ui"),
                flags(
                        "('CART', 'UI')",
                        "SELECT t.flag FROM l JOIN t" + AT + "t.service = LOWER(l.a) AND t.flag = LOWER(l.b)",
                        "ui"),
                // Filters
                flags(
                        "('cart', 'a'), ('cart', 'b'), ('cart', 'c')",
                        "SELECT l.b, t.flag FROM l JOIN t" + AT + "t.service = l.a AND t.tag = l.b",
                        "a, ui",
                        "b, pay"),
                flags(
                        "('cart', 'ui'), ('cart', 'pay')",
                        "SELECT t.flag FROM l JOIN t" + AT
                                + "t.service = l.a AND t.flag = l.b AND t.enabled = TRUE AND t.rollout > 5",
                        "ui"),
                flags(
                        "('cart', 'ui'), ('search', 'ranker')",
                        "SELECT t.flag FROM l JOIN t" + AT + "t.service = l.a AND t.flag = l.b WHERE t.rollout < 20",
                        "ui"),
                flags(
                        "('cart', '%s/flags/cart/pay')",
                        "SELECT t.flag FROM l JOIN t" + AT + "t.service = l.a AND t.path = l.b", "pay"),
                flags(
                        "('cart', 'ui')",
                        "SELECT t.flag FROM l JOIN t" + AT + "t.service = l.a AND t.flag = l.b AND t.`version` = 1"),
                // Prefixes
                flags(
                        "('cart', ''), ('search', ''), ('none', '')",
                        "SELECT l.a, t.flag, t.rollout FROM l JOIN t" + AT + "t.service = l.a",
                        "cart, ui, 10",
                        "cart, pay, 20",
                        "search, ranker, 30",
                        "search, empty, NULL"),
                flags(
                        "('search', '')",
                        "SELECT t.service, t.flag FROM l JOIN t" + AT + "t.service = l.a",
                        "search, ranker",
                        "search, empty"),
                new Case(
                        "topic STRING, part INT, v STRING",
                        "/deep/{topic}/mid/{part}/state",
                        "('t', 1), ('u', 1)",
                        "SELECT t.topic, t.part, t.v FROM l JOIN t" + AT + "t.topic = l.a",
                        List.of("t, 0, s0", "t, 1, s1", "u, 0, u0")),
                // Values that are no path
                flags(
                        "('', 'ui'), ('.', 'ui'), ('..', 'ui'), ('cart/ui', 'x'), ('cart', 'a' || U&'\\0001'),"
                                + " (CAST(NULL AS STRING), 'ui'), ('cart', CAST(NULL AS STRING))",
                        "SELECT l.a, t.flag FROM l JOIN t" + AT + "t.service = l.a AND t.flag = l.b"),
                flags(
                        "(CAST(NULL AS STRING), 'ui'), ('/', 'x')",
                        "SELECT l.b, t.flag FROM l LEFT JOIN t" + AT + "t.service = l.a",
                        "ui, NULL",
                        "x, NULL"),
                // Types
                new Case(
                        "part INT, v STRING",
                        "/parts/{part}",
                        "(7, 1), (8, 1), (-1, 1)",
                        "SELECT l.a, t.v FROM l JOIN t" + AT + "t.part = l.a",
                        List.of("7, seven", "8, eight")),
                new Case(
                        "part BIGINT, v STRING",
                        "/parts/{part}",
                        "(7, 1), (8, 1)",
                        "SELECT l.a, t.v FROM l JOIN t" + AT + "t.part = CAST(l.a AS BIGINT)",
                        List.of("7, seven", "8, eight")),
                new Case(
                        "part STRING, v STRING",
                        "/parts/{part}",
                        "(7, 1)",
                        "SELECT l.a, t.v FROM l JOIN t" + AT + "t.part = CAST(l.a AS STRING)",
                        List.of("7, seven")),
                new Case(
                        "c CHAR(3), b BOOLEAN, v STRING",
                        "/kinds/{c}/{b}",
                        "('abc', TRUE), ('abcd', TRUE), ('abc', FALSE)",
                        "SELECT l.a, t.v FROM l JOIN t" + AT + "t.c = l.a AND t.b = l.b",
                        List.of("abc, x")),
                new Case(
                        "k STRING, v STRING",
                        "/urls/{k}",
                        "('a/b', 1), ('?', 2), ('', 3)",
                        "SELECT l.a, t.v FROM l JOIN t" + AT + "t.k = l.a",
                        List.of("a/b, encoded", "?, a question"),
                        "path.encoding=url"),
                new Case(
                        "k STRING, v BYTES",
                        "/bytes/{k}",
                        "('raw', x'0102'), ('raw', x'0103')",
                        "SELECT t.k FROM l JOIN t" + AT + "t.k = l.a AND t.v = l.b",
                        List.of("raw")),
                new Case(
                        "k STRING, d DOUBLE, n DECIMAL(5, 2)",
                        "/numbers/{k}",
                        "('zero', CAST(0.0 AS DOUBLE))",
                        "SELECT t.k FROM l JOIN t" + AT + "t.k = l.a AND t.d = l.b",
                        List.of("zero"),
                        "format=json"),
                // Other templates
                new Case(
                        "k STRING, v STRING",
                        "/tree/{*k}",
                        "('a', 1), ('a/b', 2), ('a/b/c', 3), ('a/', 4), ('/a', 5), ('a//b', 6), ('z', 7)",
                        "SELECT l.b, t.v FROM l JOIN t" + AT + "t.k = l.a",
                        List.of("1, 1", "2, 2", "3, 3")),
                new Case(
                        "r STRING, k STRING, v STRING",
                        "/{r}/{*k}",
                        "('tree', 1)",
                        "SELECT t.k, t.v FROM l JOIN t" + AT + "t.r = l.a",
                        List.of("a, 1", "a/b, 2", "a/b/c, 3", "x, 4")),
                new Case(
                        "v STRING",
                        "/leader",
                        "('me', 1), ('you', 2)",
                        "SELECT l.a, l.b FROM l JOIN t" + AT + "t.v = l.a",
                        List.of("me, 1")),
                new Case(
                        "r STRING, k STRING, v STRING",
                        "/{r}/{*k}",
                        "('tree', 'a/b')",
                        "SELECT l.b FROM l JOIN t" + AT + "t.r = l.a AND t.k = l.b",
                        List.of("a/b")));
    }

    /** All in one job, because starting one takes longer than what it does. */
    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC_TTL", "FULL"})
    void joins(Mode mode) throws Exception {
        joins(SharedMiniCluster.tableEnvironment(1), mode, "");
    }

    @ParameterizedTest
    @EnumSource(names = {"ASYNC", "TTL", "WATCH", "ASYNC_WATCH"})
    @Tag("nightly")
    void joinsWithTheOtherOptions(Mode mode) throws Exception {
        joins(SharedMiniCluster.tableEnvironment(1), mode, "");
    }

    /**
     * What a key holds is the same for the shuffle; VALUES have but one subtask, and so has what is shuffled of them.
     */
    @Test
    void shuffledJoins() throws Exception {
        joins(SharedMiniCluster.tableEnvironment(1), Mode.WATCH, SHUFFLE);
    }

    @Test
    void whatLooksInOnePlaceIsShuffledToOneSubtask() throws Exception {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            ZK.create(ROOT + "/spread/p" + i % 10 + "/k" + i / 10, "v" + i);
            expected.add("p" + i % 10 + " v" + i);
        }
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(4);
        sql.createTemporarySystemFunction("subtask", Subtask.class);
        sql.executeSql("CREATE TEMPORARY TABLE numbers (n INT, pt AS PROCTIME()) WITH ('connector' = 'datagen',"
                + " 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '39')");
        sql.executeSql("CREATE TEMPORARY VIEW l AS SELECT 'p' || CAST(MOD(n, 10) AS STRING) AS p,"
                + " 'v' || CAST(n AS STRING) AS v, pt FROM numbers");
        NodeTables.create(sql, "t", "p STRING, k STRING, v STRING", ROOT + "/spread/{p}/{k}");

        String query = "SELECT " + SHUFFLE + "t.p, t.v, subtask(t.k) FROM l JOIN t" + AT + "t.p = l.p AND t.v = l.v";
        assertThat(sql.explainSql(query, ExplainDetail.JSON_EXECUTION_PLAN)).contains("\"ship_strategy\" : \"CUSTOM\"");
        assertThat(sql.explainSql(query.replace(SHUFFLE, ""), ExplainDetail.JSON_EXECUTION_PLAN))
                .doesNotContain("CUSTOM");
        List<String> found = new ArrayList<>();
        Map<String, Set<Integer>> subtasks = new TreeMap<>();
        try (CloseableIterator<Row> rows = sql.executeSql(query).collect()) {
            rows.forEachRemaining(row -> {
                found.add(row.getField(0) + " " + row.getField(1));
                subtasks.computeIfAbsent(row.getFieldAs(0), p -> new TreeSet<>())
                        .add(row.getFieldAs(2));
            });
        }
        assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(subtasks.values()).allSatisfy(each -> assertThat(each).hasSize(1));
        assertThat(Set.copyOf(subtasks.values())).as("more than one is used").hasSizeGreaterThan(1);
    }

    @Test
    void twoShuffledJoinsWithOneTable() throws Exception {
        // The planner merges the two scans: one source is told both keys, and then asked twice for the partitioner.
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        tables(sql, "", "('cart', 'ui'), ('cart', 'pay')", FLAGS, FLAGS_PATH, "format=json");
        assertThat(rows(
                        sql,
                        "SELECT /*+ LOOKUP('table'='x', 'shuffle'='true'), LOOKUP('table'='y', 'shuffle'='true') */"
                                + " l.b, x.flag, x.rollout, y.flag, y.rollout FROM l"
                                + " JOIN t FOR SYSTEM_TIME AS OF l.pt AS x ON x.service = l.a"
                                + " JOIN t FOR SYSTEM_TIME AS OF l.pt AS y ON y.service = l.a AND y.flag = l.b"))
                .containsExactlyInAnyOrder(
                        "+I[ui, ui, 10, ui, 10]",
                        "+I[ui, pay, 20, ui, 10]",
                        "+I[pay, ui, 10, pay, 20]",
                        "+I[pay, pay, 20, pay, 20]");
    }

    private static void joins(TableEnvironment sql, Mode mode, String hint) throws Exception {
        List<Case> cases = cases().toList();
        List<String> queries = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Case each = cases.get(i);
            tables(
                    sql,
                    String.valueOf(i),
                    each.left().replace("%s", ROOT),
                    each.columns(),
                    each.path(),
                    Stream.concat(
                                    Stream.of(each.option()).filter(option -> !option.isEmpty()),
                                    Arrays.stream(mode.options))
                            .toArray(String[]::new));
            queries.add(each.query()
                    .replaceFirst(
                            "SELECT (.*?) FROM l ",
                            "SELECT " + hint + i + ", CAST(ROW($1) AS STRING) FROM l" + i + " AS l ")
                    .replace("JOIN t ", "JOIN t" + i + " "));
            for (String row : each.rows()) {
                expected.add("+I[" + i + ", (" + row.replace("%s", ROOT) + ")]");
            }
        }
        assertThat(rows(sql, String.join(" UNION ALL ", queries))).containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void differentFiltersOfTwoJoinsAreNotMixedUp() throws Exception {
        // FLINK-36808: the planner merges sources that differ only in what was pushed to them.
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        tables(sql, "", flags("('cart', 'ui'), ('cart', 'pay')", "").left(), FLAGS, FLAGS_PATH, "format=json");
        assertThat(rows(
                        sql,
                        "SELECT l.b, t.rollout FROM l JOIN t" + AT
                                + "t.service = l.a AND t.flag = l.b WHERE t.flag = 'ui' UNION ALL"
                                + " SELECT l.b, t.rollout FROM l JOIN t" + AT
                                + "t.service = l.a AND t.flag = l.b WHERE t.flag = 'pay'"))
                .containsExactlyInAnyOrder("+I[ui, 10]", "+I[pay, 20]");
    }

    @Test
    void hintsChoose() throws Exception {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(2);
        tables(sql, "", "('cart', 'ui'), ('cart', 'none')", FLAGS, FLAGS_PATH, "format=json", "lookup.async=true");
        String join = "SELECT /*+ LOOKUP('table'='t', %s) */ l.b, t.rollout FROM l LEFT JOIN t" + AT
                + "t.service = l.a AND t.flag = l.b";
        assertThat(sql.explainSql(join.formatted("'async'='false'"))).doesNotContain("async=[");
        assertHint(sql, join.formatted("'async'='false'"), "LookupJoin");
        assertHint(sql, join.formatted("'async'='true', 'output-mode'='allow_unordered'"), "async=[UNORDERED");
        // A shuffle of ours is in the execution plan only.
        assertHint(sql, join.formatted("'shuffle'='true'"), "shuffle=[true]");
        assertHint(
                sql,
                join.formatted("'retry-predicate'='lookup_miss', 'retry-strategy'='fixed_delay', 'fixed-delay'='10 ms',"
                        + " 'max-attempts'='3'"),
                "retry=[lookup_miss");
    }

    private static void assertHint(TableEnvironment sql, String query, String plan) throws Exception {
        assertThat(sql.explainSql(query)).containsIgnoringCase(plan);
        assertThat(rows(sql, query)).as(query).containsExactlyInAnyOrder("+I[ui, 10]", "+I[none, null]");
    }

    @Test
    void manyAtATime() throws Exception {
        for (int i = 0; i < 50; i++) {
            ZK.create(ROOT + "/many/" + i, "v" + i);
        }
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(2);
        sql.executeSql("CREATE TEMPORARY TABLE numbers (n INT, pt AS PROCTIME()) WITH ('connector' = 'datagen',"
                + " 'number-of-rows' = '20000', 'fields.n.kind' = 'random', 'fields.n.min' = '0', 'fields.n.max' ="
                + " '99')");
        NodeTables.create(sql, "t", "k INT, v STRING", ROOT + "/many/{k}", "lookup.async=true");
        List<String> found = rows(
                sql,
                "SELECT COUNT(*), COUNT(DISTINCT n), COUNT(*) FILTER (WHERE v <> CONCAT('v', CAST(n AS STRING))) FROM"
                        + " (SELECT l.n, t.v FROM numbers AS l JOIN t" + AT + "t.k = l.n)");
        assertThat(found.get(found.size() - 1)).matches("\\+U\\[\\d+, 50, 0]");
    }

    @ParameterizedTest
    @EnumSource(names = {"SYNC", "ASYNC", "WATCH", "FULL"})
    void garbageIsWhatTheTableSays(Mode mode) throws Exception {
        ZK.create(ROOT + "/garbage/" + mode + "/bad", "{");
        ZK.create(ROOT + "/garbage/" + mode + "/good", "{\"v\":1}");
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        for (String rule : List.of("null", "skip")) {
            tables(
                    sql,
                    "_" + rule,
                    "('bad', 1), ('good', 2)",
                    "k STRING, v INT",
                    "/garbage/" + mode + "/{k}",
                    Stream.concat(
                                    Stream.of("format=json", "lookup.parse-errors=" + rule, "scan.parse-errors=fail"),
                                    Arrays.stream(mode.options))
                            .toArray(String[]::new));
        }
        assertThat(rows(
                        sql,
                        "SELECT 'null', t.k, t.v FROM l_null AS l JOIN t_null" + AT + "t.k = l.a UNION ALL"
                                + " SELECT 'skip', t.k, t.v FROM l_skip AS l JOIN t_skip" + AT + "t.k = l.a"))
                .containsExactlyInAnyOrder("+I[null, bad, null]", "+I[null, good, 1]", "+I[skip, good, 1]");
    }

    @Test
    void cachesReportFlinksMetrics() {
        ZK.create(ROOT + "/metrics/a", "1");
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("CREATE TEMPORARY TABLE asked (n INT, pt AS PROCTIME()) WITH ('connector' = 'datagen',"
                + " 'rows-per-second' = '200')");
        NodeTables.create(
                sql,
                "part",
                "k STRING, v STRING",
                ROOT + "/metrics/{k}",
                "lookup.cache=PARTIAL",
                "lookup.partial-cache.max-rows=10");
        NodeTables.create(sql, "mirror", "k STRING, v STRING", ROOT + "/metrics/{k}", "lookup.cache=FULL");
        for (String table : List.of("part", "mirror")) {
            try (Changelog changes =
                    new Changelog(sql.executeSql("SELECT COUNT(*) FROM asked AS l JOIN " + table + AT + "t.k = 'a'"))) {
                String job = changes.job().getJobID().toHexString();
                Await.untilAsserted("rows are found", () -> assertThat(RecordingReporter.value(job, "cache.hitCount"))
                        .isGreaterThan(5));
                assertThat(RecordingReporter.value(job, "cache.numCachedRecords"))
                        .isEqualTo(1);
                if (table.equals("part")) {
                    long misses = RecordingReporter.value(job, "cache.missCount");
                    assertThat(misses).isPositive();
                    Await.untilAsserted(
                            "each miss was a load", () -> assertThat(RecordingReporter.value(job, "cache.loadCount"))
                                    .isGreaterThanOrEqualTo(misses));
                    assertThat(RecordingReporter.value(job, "cache.latestLoadTime"))
                            .isNotNegative();
                    assertThat(RecordingReporter.value(job, "cache.numLoadFailures"))
                            .isZero();
                } else {
                    assertThat(RecordingReporter.value(job, "cache.missCount")).isZero();
                }
            }
        }
    }

    @Test
    void keysThatSayNowhereToLookAreRefused() {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        tables(sql, "", "('cart', 'ui')", FLAGS, FLAGS_PATH, "format=json");
        assertThatThrownBy(() -> sql.explainSql("SELECT l.b FROM l JOIN t" + AT + "t.tag = l.a AND t.flag = l.b"))
                .hasStackTraceContaining("Invalid lookup keys (flag, tag): they do not say where below 'path' '" + ROOT
                        + "/flags/{service}/{flag}' to look, because they do not bind its first column. Join on"
                        + " 'service' too, or set 'lookup.cache' = 'FULL', which finds rows by any column. If the query does join"
                        + " on 'service', the types differ, and Flink casts the column of this table: CAST the other side"
                        + " to STRING.");
    }

    private static void tables(
            TableEnvironment sql, String suffix, String left, String columns, String path, String... options) {
        sql.executeSql("CREATE TEMPORARY VIEW l" + suffix + " AS SELECT a, b, PROCTIME() AS pt FROM (VALUES " + left
                + ") AS v (a, b)");
        NodeTables.create(sql, "t" + suffix, columns, ROOT + path, options);
    }

    private static List<String> rows(TableEnvironment sql, String query) throws Exception {
        try (Changelog changes = new Changelog(sql.executeSql(query))) {
            return changes.awaitEnd();
        }
    }
}
