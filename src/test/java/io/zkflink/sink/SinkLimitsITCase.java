// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.NodeTables;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperExtension;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of writer beside what a server does not allow: a root that may only be read, requests of a usual size, and
 * being there at all.
 */
class SinkLimitsITCase {

    private static final String COLUMNS = "k STRING, v STRING, PRIMARY KEY (k) NOT ENFORCED";
    private static final String LOCK_COLUMNS =
            "resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED";
    private static final String OWN = "/open/_flink";

    @RegisterExtension
    static final ZooKeeperExtension ZK =
            new ZooKeeperExtension(ZooKeeperProcess.builder().property("jute.maxbuffer", "100000"));

    private final StreamTableEnvironment sql =
            SharedMiniCluster.tableEnvironment(1, SharedMiniCluster.restarting("100 ms", 0));
    private final ZooKeeperAdmin zk = ZK.admin();
    private final List<JobClient> running = new ArrayList<>();

    /** What least privilege looks like: a znode of one's own below a root that belongs to somebody else. */
    @BeforeAll
    static void closeTheRoot() throws InterruptedException, KeeperException {
        ZK.admin().create("/open", "");
        ACL readable = new ACL(ZooDefs.Perms.READ, new Id("world", "anyone"));
        ZK.admin().zooKeeper().setACL("/", Collections.singletonList(readable), -1);
    }

    @BeforeEach
    void requireNoConflictClause() {
        sql.getConfig().set("table.exec.sink.require-on-conflict", "false");
    }

    @AfterEach
    void cancel() {
        ZK.reset();
        for (JobClient job : running) {
            if (!Await.result(job.getJobStatus()).isGloballyTerminalState()) {
                Await.result(job.cancel());
            }
        }
    }

    private void table(String name, String columns, String path, String... options) {
        NodeTables.createAt(ZK.connectString(), sql, name, columns, path, options);
    }

    private JobClient start(String statement) {
        JobClient job = sql.executeSql(statement).getJobClient().orElseThrow();
        running.add(job);
        return job;
    }

    /** What makes each kind of writer of rows that are znodes. */
    private static Map<String, String[]> writers(String own) {
        Map<String, String[]> writers = new LinkedHashMap<>();
        writers.put("plain", new String[] {"sink.skip-unchanged=true"});
        writers.put("exactly", new String[] {
            "sink.delivery-guarantee=exactly-once",
            "sink.transactional-id-prefix=x",
            "sink.commit-path=" + own,
            "sink.skip-unchanged=true"
        });
        writers.put("guarded", new String[] {"sink.guard.lock=" + own + "/lock"});
        writers.put("ephemeral", new String[] {"sink.create-mode=ephemeral", "sink.commit-path=" + own});
        writers.put("deleting", new String[] {"sink.delete-children=true"});
        return writers;
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "open/deep"})
    void parentsThatExistAreNotCreatedBelowARootThatMayOnlyBeRead(String namespace) {
        String top = namespace.isEmpty() ? "/open" : "";
        List<String> relative = namespace.isEmpty() ? List.of() : List.of("namespace=" + namespace);
        List<JobClient> jobs = new ArrayList<>();
        writers(top + "/own").forEach((writer, options) -> {
            table(writer, COLUMNS, top + "/acl-" + writer + "/{*k}", with(relative, options));
            jobs.add(start("INSERT INTO " + writer + " VALUES ('a', '1'), ('x/y/z', '2')"));
        });
        String[] lock = {"recipe=lock", "sink.commit-path=" + top + "/own"};
        table("locks", LOCK_COLUMNS, top + "/locks/{resource}", with(relative, lock));
        jobs.add(start("INSERT INTO locks VALUES ('a', 'x')"));
        jobs.forEach(job -> Await.result(job.getJobExecutionResult()));

        String there = (namespace.isEmpty() ? "" : "/" + namespace) + top;
        writers("").keySet().stream()
                .filter(writer -> !writer.equals("ephemeral"))
                .forEach(writer -> assertThat(zk.tree(there + "/acl-" + writer))
                        .containsEntry(there + "/acl-" + writer + "/x/y/z", "2"));
    }

    private static String[] with(List<String> more, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(more);
        return all.toArray(String[]::new);
    }

    @Test
    @Tag("nightly")
    void requestsThatPassTheLimitOfTheServerAreDivided() {
        String rows =
                " SELECT CAST(i AS STRING), REPEAT('x', 20000) FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8))"
                        + " AS t (i)";
        Map<String, JobClient> jobs = new LinkedHashMap<>();
        writers(OWN).forEach((writer, options) -> {
            if (!writer.equals("ephemeral")) {
                table(writer, COLUMNS, "/open/large-" + writer + "/{k}", options);
                jobs.put(writer, start("INSERT INTO " + writer + rows));
            }
        });
        jobs.forEach((writer, job) -> {
            Await.result(job.getJobExecutionResult());
            assertThat(zk.children("/open/large-" + writer)).hasSize(8);
        });
    }

    @Test
    @Tag("nightly")
    void aRowThatPassesTheLimitOfTheServerIsToldAsSuch() {
        Map<String, JobClient> jobs = startAll("large_rows", 10);
        zk.create("/open/large_rows/a", "x".repeat(12_000));

        jobs.forEach((writer, job) -> assertThat(failure(job))
                .as(writer)
                .contains("The row of the znode '/open/out-large_rows-" + writer + "/a")
                .contains("makes a request of about 12")
                .contains("'jute.maxbuffer'"));
    }

    @Test
    void noWriterWaitsForAServerForLongerThanItSays() {
        Map<String, JobClient> jobs = startAll("few_rows", 1);
        zk.create("/open/few_rows/a", "1");
        jobs.keySet()
                .forEach(writer ->
                        Await.until(writer + " has written", () -> zk.exists("/open/out-few_rows-" + writer + "/a")));

        ZK.whileBlackholed(() -> {
            zk.set("/open/few_rows/a", "2");
            zk.create("/open/few_rows/b", "1");
            jobs.forEach((writer, job) ->
                    assertThat(failure(job)).as(writer).contains("'connection-timeout' x 'max-retry-attempts'"));
        });
    }

    /** A job with each kind of writer, all of which write the children of a znode. */
    private Map<String, JobClient> startAll(String source, int times) {
        zk.create("/open/" + source, "");
        NodeTables.createAt(ZK.directConnectString(), sql, source, COLUMNS, "/open/" + source + "/{k}");
        Map<String, JobClient> jobs = new LinkedHashMap<>();
        String[] brief = {"connection-timeout=1 s", "max-retry-attempts=3", "retry-wait=100 ms"};
        writers(OWN).forEach((writer, options) -> {
            // A session of its own, whose connection no other writer breaks.
            String session = "session-timeout=" + (30 + jobs.size()) + " s";
            String name = source + "_" + writer;
            String path = "/open/out-" + source + "-" + writer + "/{k}";
            table(name, COLUMNS, path, with(List.of(brief[0], brief[1], brief[2], session), options));
            jobs.put(writer, start("INSERT INTO " + name + " SELECT k, REPEAT(v, " + times + ") FROM " + source));
        });
        table(
                source + "_locks",
                LOCK_COLUMNS,
                "/open/out-" + source + "-locks/{resource}",
                "recipe=lock",
                "sink.commit-path=" + OWN,
                brief[0],
                brief[1],
                brief[2]);
        jobs.put("locks", start("INSERT INTO " + source + "_locks SELECT k, REPEAT(v, " + times + ") FROM " + source));
        return jobs;
    }

    /** The messages of a failure and its causes. */
    private static String failure(JobClient job) {
        StringBuilder messages = new StringBuilder();
        for (Throwable cause = Await.failure(job.getJobExecutionResult()); cause != null; cause = cause.getCause()) {
            messages.append(cause.getMessage()).append('\n');
        }
        return messages.toString();
    }
}
