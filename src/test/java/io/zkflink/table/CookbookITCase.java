// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.table.api.TableEnvironment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recipes of {@code docs/cookbook.md} with its own statements: what comes out, beside that they run. */
class CookbookITCase {

    private static final Pattern SQL = Pattern.compile("^```sql\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);

    private static final Duration STATE_TTL = Duration.ofSeconds(1);

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
    private final List<AutoCloseable> open = new ArrayList<>();
    private CuratorFramework curator;

    @BeforeEach
    void connect() {
        zk.create(root);
        curator = CuratorFrameworkFactory.newClient(SharedZooKeeper.connectString() + root, new RetryOneTime(100));
        curator.start();
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable resource : open) {
            resource.close();
        }
        curator.close();
    }

    @Test
    void aLogOfEventsIsATableAgain() {
        zk.create(root + "/flags/cart/dark", "{\"enabled\":true}");
        zk.create(root + "/flags/cart/wide", "{\"enabled\":true}");
        try (Changelog table = query("Everything that happens, into a log", "A log back into a table")) {
            table.awaitTable("[cart, dark, true]", "[cart, wide, true]");
            zk.set(root + "/flags/cart/dark", "{\"enabled\":false}");
            zk.delete(root + "/flags/cart/wide");
            table.awaitTable("[cart, dark, false]");
        }
    }

    @Test
    void flinksOwnFunctionRefusesALogWithoutRowsBeforeChanges() {
        declare("Everything that happens, into a log");
        assertThatThrownBy(() -> sql.explainSql("SELECT * FROM FROM_CHANGELOG(input => TABLE flag_events, op =>"
                        + " DESCRIPTOR(event_type), op_mapping => MAP['CREATED', 'INSERT', 'CHANGED', 'UPDATE_AFTER',"
                        + " 'DELETED', 'DELETE'])"))
                .hasStackTraceContaining("must include UPDATE_BEFORE");
    }

    @Test
    void aRuleThatIsNoLongerInTheListIsTakenBack() {
        zk.create(root + "/rules", "[{\"name\":\"cards\",\"limit\":10},{\"name\":\"cash\",\"limit\":20}]");
        try (Changelog rules = query("Rules in one JSON array")) {
            rules.awaitTable("[cards, 10]", "[cash, 20]");
            zk.set(root + "/rules", "[{\"name\":\"cards\",\"limit\":15}]");
            rules.awaitTable("[cards, 15]");
        }
    }

    @Test
    void curatorFindsServicesThatRowsAre() throws Exception {
        registerAnInstance();
        ServiceDiscovery<Void> discovery = ServiceDiscoveryBuilder.builder(Void.class)
                .client(curator)
                .basePath("/services")
                .build();
        discovery.start();
        open.add(discovery);
        Await.until(
                "Curator finds the instance",
                () -> !discovery.queryForInstances("checkout").isEmpty());
        ServiceInstance<Void> found = discovery.queryForInstance("checkout", "c-1");
        assertThat(found.getId()).isEqualTo("c-1");
        assertThat(found.getName()).isEqualTo("checkout");
        assertThat(found.getPort()).isEqualTo(8080);
        assertThat(found.isEnabled()).isTrue();
    }

    /** Spring's classes, in a JVM of their own, and Curator's. */
    @Test
    @Tag("nightly")
    void springCloudFindsServicesThatRowsAre(@TempDir Path directory) throws Exception {
        registerAnInstance();
        Await.until("the row is there", () -> zk.exists(root + "/services/checkout/c-1"));
        Path springs = Path.of("target", "spring-cloud").toAbsolutePath();
        assertThat(springs)
                .as("Spring Cloud, which the profile 'nightly' lays there")
                .isDirectory();
        Path printed = directory.resolve("printed");
        Process program = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        springs + File.separator + "*" + File.pathSeparator + System.getProperty("java.class.path"),
                        "--source",
                        "17",
                        Path.of("src/test/resources/spring/SpringDiscovery.txt").toString(),
                        SharedZooKeeper.connectString() + root,
                        "checkout")
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        open.add(program::destroyForcibly);
        Await.until("the program has ended", () -> !program.isAlive());
        assertThat(Files.readAllLines(printed))
                .contains("services [checkout]", "instance c-1 of checkout at 10.0.0.1:8080 {}");
    }

    private void registerAnInstance() {
        declare("Services that Curator and Spring Cloud find");
        sql.executeSql(
                "CREATE TABLE fleet (n INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1', 'fields.n.min' ="
                        + " '8080', 'fields.n.max' = '8080')");
        JobClient job = sql.executeSql(
                        "INSERT INTO services SELECT 'checkout', 'c-1', 'checkout', 'c-1', '10.0.0.1', n,"
                                + " 1700000000000, 'DYNAMIC', TRUE FROM fleet ON CONFLICT DO DEDUPLICATE")
                .getJobClient()
                .orElseThrow();
        open.add(() -> {
            job.cancel();
            SharedMiniCluster.awaitGone(job.getJobID());
        });
    }

    @Test
    void aHandOverAmongLatchesWithoutIdsIsSeenByTheirNames() throws Exception {
        LeaderLatch first = new LeaderLatch(curator, "/offices/boss");
        first.start();
        first.await();
        LeaderLatch second = new LeaderLatch(curator, "/offices/boss");
        second.start();
        open.add(second);
        Await.until("both are there", () -> zk.children(root + "/offices/boss").size() == 2);
        try (Changelog leaders = query("Who leads, when nobody has an id")) {
            Await.until("somebody leads", () -> leaders.table().size() == 1);
            String before = leaders.table().get(0);
            first.close();
            Await.until(
                    "the other one leads",
                    () -> leaders.table().size() == 1 && !leaders.table().get(0).equals(before));
        }
    }

    @Test
    void asManyHoldASlotAsTheTableSays() {
        for (int i = 1; i <= 3; i++) {
            zk.create(root + "/slots/gpu/_c_00000000-0000-0000-0000-00000000000" + i + "-lock-000000000" + i, "w" + i);
        }
        try (Changelog slots = query("Some of them at a time")) {
            slots.awaitTable("[gpu, w1]", "[gpu, w2]");
        }
    }

    @Test
    void dataThatCuratorWritesUnaskedIsSkipped() throws Exception {
        curator.create().creatingParentsIfNeeded().forPath("/entries/unasked");
        zk.create(root + "/entries/asked", "{\"n\":1}");
        assertThat(zk.get(root + "/entries/unasked")).isNotEmpty();
        declare("Nodes that hold no record");
        try (Changelog entries = new Changelog(sql.executeSql("SELECT * FROM entries"))) {
            entries.awaitTable("[asked, 1]");
        }
    }

    @Test
    void aTableGetsAColumnBetweenSavepointAndRestore(@TempDir Path savepoints) throws Exception {
        zk.create(root + "/in/a", "{\"n\":1}");
        zk.create(root + "/in/b", "{\"n\":1}");
        declareAt("source", "in", "k STRING, n INT");
        declareAt("copy", "out", "k STRING, n INT");
        JobClient before = sql.executeSql("INSERT INTO copy SELECT k, n FROM source")
                .getJobClient()
                .orElseThrow();
        Await.until("both are copied", () -> zk.exists(root + "/out/a") && zk.exists(root + "/out/b"));
        String savepoint = before.stopWithSavepoint(false, savepoints.toUri().toString(), SavepointFormatType.CANONICAL)
                .get();

        sql.executeSql("DROP TABLE source");
        declareAt("source", "in", "k STRING, n INT, extra STRING, `version` INT METADATA VIRTUAL");
        sql.getConfig().set("execution.state-recovery.path", savepoint);
        JobClient after = sql.executeSql("INSERT INTO copy SELECT k, n FROM source")
                .getJobClient()
                .orElseThrow();
        open.add(() -> {
            after.cancel();
            SharedMiniCluster.awaitGone(after.getJobID());
        });
        zk.set(root + "/in/a", "{\"n\":2,\"extra\":\"x\"}");
        Await.until("the change is copied", () -> zk.get(root + "/out/a").equals("{\"n\":2}"));
        assertThat(zk.stat(root + "/out/b").getVersion())
                .as("what did not change is not told again")
                .isZero();
    }

    @Test
    void theHintKeepsWhatTheSettingForgets() {
        zk.create(root + "/limits/ann", "{\"amount\":10}");
        zk.create(root + "/payments/before", "ann");
        sql.getConfig().set("table.exec.state.ttl", STATE_TTL.toMillis() + " ms");
        try (Changelog kept = query("State that forgets")) {
            kept.awaitTable("[before, 10]");
            long start = System.nanoTime();
            Await.until(
                    "state is old",
                    () -> System.nanoTime() - start > STATE_TTL.multipliedBy(2).toNanos());
            zk.create(root + "/payments/after", "ann");
            kept.awaitTable("[after, 10]", "[before, 10]");
            zk.set(root + "/limits/ann", "{\"amount\":20}");
            kept.awaitTable("[after, 20]", "[before, 20]");
            zk.delete(root + "/limits/ann");
            kept.awaitTable();
        }
    }

    private void declareAt(String table, String place, String columns) {
        sql.executeSql("CREATE TABLE " + table + " (" + columns + ", PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' ="
                + " 'zookeeper', 'connect-string' = '" + SharedZooKeeper.connectString() + root + "', 'path' = '/"
                + place
                + "/{k}', 'format' = 'json')");
    }

    /** Executes the recipes' statements, all but the last one, and gives what that answers. */
    private Changelog query(String... recipes) {
        List<String> statements = statements(recipes);
        String last = statements.remove(statements.size() - 1);
        statements.stream().filter(statement -> statement.startsWith("CREATE")).forEach(sql::executeSql);
        return new Changelog(sql.executeSql(last));
    }

    private void declare(String recipe) {
        statements(recipe).stream()
                .filter(statement -> statement.startsWith("CREATE"))
                .forEach(sql::executeSql);
    }

    private List<String> statements(String... recipes) {
        List<String> statements = new ArrayList<>();
        for (String recipe : recipes) {
            String section = section(recipe).replace("localhost:2181", SharedZooKeeper.connectString() + root);
            SQL.matcher(section).results().forEach(block -> {
                for (String statement : block.group(1).split(";\n", -1)) {
                    if (!statement.isBlank()) {
                        statements.add(statement.strip());
                    }
                }
            });
        }
        return statements;
    }

    private static String section(String title) {
        try {
            String page = Files.readString(Path.of("docs", "cookbook.md"));
            int begin = page.indexOf("\n## " + title + "\n");
            assertThat(begin).as("the recipe '" + title + "'").isPositive();
            int end = page.indexOf("\n## ", begin + 1);
            return page.substring(begin, end < 0 ? page.length() : end);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
