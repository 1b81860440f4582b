// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.util.function.ThrowingRunnable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The one jar on clusters of several versions of Flink: each ability once, looked at from outside. */
class FlinkVersionsITCase {

    private static final int ROWS = 400;
    private static final String COLUMNS = "k STRING, v INT";
    private static final String KEY = ", PRIMARY KEY (k) NOT ENFORCED";

    @TempDir
    private static Path directory;

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private FlinkCluster cluster;
    private SqlProcess sql;

    static Stream<String> versions() {
        return Pattern.compile(",").splitAsStream(System.getProperty("flink.cluster.versions", "2.3.0"));
    }

    @ParameterizedTest(name = "Flink {0}")
    @MethodSource("versions")
    void mirrorsLookupsAndLocksWorkOn(String version) throws IOException {
        on(version, () -> {
            scansAndTheSinkMirrorATreeAcrossASavepoint();
            lookupsFindTheSameByEachWay(version);
            locksAreTakenAndTurnsAreSeen();
        });
    }

    @ParameterizedTest(name = "Flink {0}")
    @MethodSource("versions")
    @Tag("nightly")
    void rescalingLossesAndThePastWorkOn(String version) throws IOException {
        on(version, () -> {
            oneWriterStaysOneWhenItsJobIsRescaled();
            rowsInAreZNodesOutThoughATaskManagerDies();
            tablesAreReadAsTheyWere();
        });
    }

    private void on(String version, ThrowingRunnable<IOException> abilities) throws IOException {
        Path configuration = Files.createDirectories(directory.resolve(version));
        Files.writeString(configuration.resolve("config.yaml"), """
                taskmanager.numberOfTaskSlots: 4
                restart-strategy.type: fixed-delay
                restart-strategy.fixed-delay.attempts: 1000
                restart-strategy.fixed-delay.delay: 200 ms
                execution.checkpointing.interval: 200 ms
                heartbeat.interval: 1000
                heartbeat.timeout: 20000
                parallelism.default: 1
                jobmanager.scheduler: adaptive
                jobmanager.adaptive-scheduler.scaling-interval.min: 0 s
                jobmanager.adaptive-scheduler.resource-stabilization-timeout: 1 s
                jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling: 0 s
                jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout: 1 s
                jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout: 1 s
                """);
        try (FlinkCluster started = new FlinkCluster(version, configuration, 1, Map.of()).start();
                SqlProcess client = new SqlProcess(started)) {
            cluster = started;
            sql = client;
            abilities.run();
        }
    }

    private void scansAndTheSinkMirrorATreeAcrossASavepoint() {
        createTable("source", COLUMNS + ", `version` INT METADATA VIRTUAL" + KEY, "/source/{k}");
        createTable("mirror", COLUMNS + KEY, "/mirror/{k}");
        for (int i = 0; i < 20; i++) {
            zk.create(root + "/source/k" + i, String.valueOf(i));
        }
        String insert = "INSERT INTO mirror SELECT k, v FROM source WHERE `version` >= 0";
        String job = sql.execute(insert);
        awaitMirror();
        change("1");
        awaitMirror();

        String savepoint = cluster.rest().stopWithSavepoint(job);
        change("2");
        sql.configure(Map.of("execution.state-recovery.path", savepoint));
        createTable("source", COLUMNS + ", `version` INT METADATA VIRTUAL" + KEY, "/source/{k}");
        createTable("mirror", COLUMNS + KEY, "/mirror/{k}");
        job = sql.execute(insert);
        awaitMirror();
        change("3");
        awaitMirror();
        cluster.rest().cancel(job);
        sql.configure(Map.of());
    }

    /** One of each: created, changed, deleted, deleted and created again. */
    private void change(String round) {
        zk.create(root + "/source/new" + round, "1");
        zk.set(root + "/source/k0", "10" + round);
        zk.delete(root + "/source/k1" + round);
        zk.delete(root + "/source/k" + round);
        zk.create(root + "/source/k" + round, "2");
    }

    private void awaitMirror() {
        Await.untilAsserted(
                "the mirror equals the source",
                () -> assertThat(below("/mirror")).isNotEmpty().isEqualTo(below("/source")));
    }

    private SortedMap<String, String> below(String top) {
        SortedMap<String, String> relative = new TreeMap<>();
        zk.tree(root + top).forEach((path, data) -> relative.put(path.substring(root.length() + top.length()), data));
        return relative;
    }

    private void lookupsFindTheSameByEachWay(String version) {
        createTable("results", "way STRING, id INT, v INT", "/results/{way}/{id}");
        sql.execute("CREATE TEMPORARY TABLE orders (id INT, t AS PROCTIME()) WITH ('connector' = 'datagen',"
                + " 'number-of-rows' = '40', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' ="
                + " '39')");
        SortedMap<String, String> source = below("/source");
        Map<String, String> ways = Map.of(
                "sync", "'lookup.cache' = 'NONE'",
                "async", "'lookup.async' = 'true'",
                "partial", "'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '100'",
                "full", "'lookup.cache' = 'FULL'");
        ways.forEach((way, options) -> createTable(way, COLUMNS + KEY, "/source/{k}", options));
        String hint = version.startsWith("1.") ? "" : "/*+ LOOKUP('table' = 'd', 'shuffle' = 'true') */ ";
        List<String> jobs = ways.keySet().stream()
                .map(way -> sql.execute("""
                        INSERT INTO results SELECT %s '%s', o.id, d.v FROM orders AS o
                        LEFT JOIN `%s` FOR SYSTEM_TIME AS OF o.t AS d ON d.k = CONCAT('k', CAST(o.id AS STRING))
                        """.formatted(hint, way, way)))
                .toList();
        jobs.forEach(cluster.rest()::awaitFinished);

        for (String way : ways.keySet()) {
            for (int i = 0; i < 40; i++) {
                assertThat(zk.get(root + "/results/" + way + "/" + i))
                        .as("%s %d", way, i)
                        .isEqualTo(source.getOrDefault("/k" + i, ""));
            }
        }
    }

    private void locksAreTakenAndTurnsAreSeen() {
        create(
                "wanted",
                "door STRING, worker STRING, PRIMARY KEY (door, worker) NOT ENFORCED",
                "/wanted/{door}/{worker}");
        create(
                "locks",
                "door STRING, owner STRING, `state` STRING METADATA VIRTUAL, PRIMARY KEY (door, owner) NOT ENFORCED",
                "/locks/{door}",
                "'recipe' = 'lock'");
        create("turns", "door STRING, owner STRING, PRIMARY KEY (door, owner) NOT ENFORCED", "/turns/{door}/{owner}");
        List<String> jobs = List.of(
                sql.execute("INSERT INTO locks (door, owner) SELECT door, worker FROM wanted"),
                sql.execute("INSERT INTO turns SELECT door, owner FROM locks WHERE `state` = 'HELD'"));
        zk.create(root + "/wanted/front/ann", "");
        awaitTurn("ann");
        zk.create(root + "/wanted/front/bob", "");
        Await.until("both queue", () -> zk.children(root + "/locks/front").size() == 2);
        awaitTurn("ann");
        zk.delete(root + "/wanted/front/ann");
        awaitTurn("bob");
        jobs.forEach(cluster.rest()::cancel);
    }

    private void awaitTurn(String worker) {
        Await.untilAsserted("it is the turn of " + worker, () -> assertThat(zk.tree(root + "/turns/front"))
                .containsOnlyKeys(root + "/turns/front/" + worker));
    }

    /** With several sinks in one job, all of which are for one writer. */
    private void oneWriterStaysOneWhenItsJobIsRescaled() {
        createTable("wishes", "k STRING, v INT" + KEY, "/wishes/{k}");
        create(
                "claims",
                "door STRING, owner STRING, PRIMARY KEY (door, owner) NOT ENFORCED",
                "/claims/{door}",
                "'recipe' = 'lock'");
        createTable("live", COLUMNS + KEY, "/live/{k}", "'sink.create-mode' = 'ephemeral'");
        createTable("guarded", COLUMNS + KEY, "/guarded/{k}", "'sink.guard.lock' = '" + root + "/guard'");
        createTable("deep", "p STRING, v INT, PRIMARY KEY (p) NOT ENFORCED", "/deep/{*p}");
        for (int i = 0; i < 6; i++) {
            zk.create(root + "/wishes/k" + i, String.valueOf(i));
        }
        String job = sql.execute("EXECUTE STATEMENT SET BEGIN INSERT INTO claims SELECT k, 'me' FROM wishes;"
                + " INSERT INTO live SELECT * FROM wishes; INSERT INTO guarded SELECT * FROM wishes;"
                + " INSERT INTO deep SELECT k, v FROM wishes; END");
        awaitWishes(6);
        Map<String, Long> before = sessions();

        cluster.rest().rescale(job, 2);
        assertThat(cluster.rest().vertices(job))
                .as("the vertices of writers")
                .filteredOn(vertex -> vertex.name().matches(".*(Writer|owned rows).*"))
                .hasSize(4)
                .allSatisfy(vertex -> assertThat(vertex.parallelism()).isEqualTo(1));
        zk.set(root + "/wishes/k0", "100");
        awaitWishes(6);
        assertThat(sessions()).as("who owns what").isEqualTo(before);

        for (int i = 1; i < 6; i++) {
            zk.delete(root + "/wishes/k" + i);
        }
        awaitWishes(1);
        cluster.rest().cancel(job);
    }

    private void awaitWishes(int count) {
        Await.untilAsserted("there is what is wished for", () -> {
            SortedMap<String, String> wishes = below("/wishes");
            wishes.remove("");
            assertThat(wishes).hasSize(count);
            for (String copy : List.of("/live", "/guarded", "/deep")) {
                SortedMap<String, String> there = below(copy);
                there.remove("");
                assertThat(there).as(copy).isEqualTo(wishes);
            }
            SortedMap<String, String> claims = below("/claims");
            claims.keySet().removeIf(path -> !path.contains("-lock-"));
            assertThat(claims).hasSize(count);
        });
    }

    /** The znodes of locks and of ephemeral rows, with the sessions that own them. */
    private Map<String, Long> sessions() {
        Map<String, Long> owners = new TreeMap<>();
        Stream.of("/live", "/claims")
                .flatMap(top -> zk.tree(root + top).keySet().stream())
                .forEach(path -> owners.put(path, zk.stat(path).getEphemeralOwner()));
        return owners;
    }

    private void rowsInAreZNodesOutThoughATaskManagerDies() {
        createTable(
                "queue",
                "k STRING, v INT",
                "/queue/{k}",
                "'sink.parallelism' = '2'",
                "'sink.create-mode' = 'persistent-sequential'",
                "'sink.delivery-guarantee' = 'exactly-once'",
                "'sink.transactional-id-prefix' = 'it'",
                "'sink.commit-path' = '" + root + "/commits'");
        sql.execute("CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '100',"
                + " 'fields.i.kind' = 'sequence', 'fields.i.start' = '0', 'fields.i.end' = '" + (ROWS - 1) + "')");
        String job = sql.execute("INSERT INTO queue SELECT 'n-', i FROM numbers");
        Await.until("some are there", () -> below("/queue").size() > ROWS / 4);
        cluster.taskManager(0).kill();
        cluster.taskManager(0).start();
        cluster.rest().awaitFinished(job);

        List<Integer> all =
                below("/queue").values().stream().map(Integer::valueOf).toList();
        assertThat(IntStream.range(0, ROWS).filter(i -> !all.contains(i)))
                .as("missing")
                .isEmpty();
        assertThat(all).as("twice").doesNotHaveDuplicates();
    }

    /** With an alias, too, for which Flink itself would read the table as it is. */
    private void tablesAreReadAsTheyWere() {
        zk.create(root + "/past/a", "1");
        zk.create(root + "/past/b", "2");
        long moment = Instant.now().toEpochMilli() + 1;
        Await.until("the moment is over", () -> Instant.now().toEpochMilli() > moment);
        zk.set(root + "/past/a", "3");
        zk.delete(root + "/past/b");
        sql.configure(Map.of("execution.runtime-mode", "batch", "table.local-time-zone", "UTC"));
        sql.execute("CREATE CATALOG zk WITH ('type' = 'zookeeper', 'connect-string' = '"
                + SharedZooKeeper.connectString() + root + "', 'history.path' = '"
                + SharedZooKeeper.process().dataDirectory() + "')");
        sql.execute("USE CATALOG zk");
        String then = "tree.`/past/{k}` FOR SYSTEM_TIME AS OF TIMESTAMP '"
                + LocalDateTime.ofInstant(Instant.ofEpochMilli(moment), ZoneOffset.UTC)
                        .toString()
                        .replace('T', ' ')
                + "'";
        for (String alias : List.of("", " AS t")) {
            String to = "/copy" + alias.length() + "/{k}";
            cluster.rest()
                    .awaitFinished(sql.execute("INSERT INTO tree.`" + to + "` SELECT k, data FROM " + then + alias));
            assertThat(below("/copy" + alias.length()).values()).containsExactlyInAnyOrder("1", "2");
        }
        assertThatThrownBy(() ->
                        sql.execute("EXPLAIN SELECT k FROM " + then + " UNION ALL SELECT k FROM tree.`/past/{k}`"))
                .hasMessageContaining("Give it a second name");
    }

    private void createTable(String name, String columns, String path, String... options) {
        create(
                name,
                columns,
                path,
                Stream.concat(Stream.of("'format' = 'csv'"), Stream.of(options)).toArray(String[]::new));
    }

    private void create(String name, String columns, String path, String... options) {
        sql.execute(
                "CREATE TEMPORARY TABLE `%s` (%s) WITH ('connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '%s'%s)"
                        .formatted(
                                name,
                                columns,
                                SharedZooKeeper.connectString(),
                                root + path,
                                Stream.of(options).map(option -> ", " + option).collect(Collectors.joining())));
    }
}
