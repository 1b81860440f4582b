// SPDX-License-Identifier: Apache-2.0
package io.zkflink;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.session.SessionPool;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.Certificates;
import io.zkflink.testkit.Changelog;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.UserClassLoaders;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What jobs hold while they run, and that they let go of it; {@code -Dzkflink.test.leak.rounds=100} by hand. */
class LeakITCase {

    private static final int ROUNDS = Integer.getInteger("zkflink.test.leak.rounds", 4);

    private static final Certificates CERTIFICATES = new Certificates("changeit");
    private static final ZooKeeperProcess ZK = ZooKeeperProcess.builder()
            .tls(CERTIFICATES, "server", "client", "none")
            .sasl("bob", "builder")
            .build();
    private static ZooKeeperAdmin admin;

    @BeforeAll
    static void start() {
        ZK.start();
        admin = new ZooKeeperAdmin(ZK.connectString());
        for (int i = 0; i < 64; i++) {
            admin.create("/tree/" + i, "1");
        }
    }

    @AfterAll
    static void stop() {
        admin.close();
        ZK.close();
        CERTIFICATES.close();
    }

    @Test
    void sixtyFourSubtasksOfTenTablesShareOneSession() {
        int others = ZK.sessionCount();
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(SharedMiniCluster.SLOTS);
        String query = IntStream.range(0, 10)
                .mapToObj(table -> {
                    // Six times eight readers and four times four.
                    int parallelism = table < 6 ? SharedMiniCluster.SLOTS : SharedMiniCluster.SLOTS / 2;
                    sql.executeSql("""
                            CREATE TEMPORARY TABLE t%d (k STRING, v STRING) WITH (
                              'connector' = 'zookeeper', 'connect-string' = '%s', 'path' = '/tree/{k}',
                              'scan.changelog-mode' = 'append', 'scan.parallelism' = '%d')
                            """.formatted(table, ZK.connectString(), parallelism));
                    return "SELECT v FROM t" + table;
                })
                .collect(Collectors.joining(" UNION ALL "));
        try (Changelog rows = new Changelog(sql.executeSql("SELECT COUNT(*) FROM (" + query + ")"))) {
            rows.awaitTable("[640]");
            assertThat(SessionPool.size()).isEqualTo(1);
            assertThat(ZK.sessionCount()).isEqualTo(others + 1);
        }
        Await.until("the session has ended", () -> SessionPool.size() == 0 && ZK.sessionCount() == others);
    }

    /** With a jar of the job's own, as it comes and goes with a job: threads, watches, sessions and its classes. */
    @Test
    void cancelledJobsLeaveNothingBehind() {
        // Threads that end after the class loader was closed, for want of a class, say so nowhere else.
        Queue<Throwable> uncaught = new ConcurrentLinkedQueue<>();
        Thread.UncaughtExceptionHandler usual = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> uncaught.add(failure));
        try {
            submitAndCancel();
        } catch (AssertionError e) {
            uncaught.forEach(e::addSuppressed);
            throw e;
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(usual);
        }
        assertThat(uncaught).isEmpty();
    }

    private static void submitAndCancel() {
        int sessions = ZK.sessionCount();
        int watches = ZK.watchCount();
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        UserClassLoaders.forget();
        StreamTableEnvironment sql = SharedMiniCluster.tableEnvironment(2);
        sql.executeSql("ADD JAR '" + ShadedJarITCase.find().toAbsolutePath() + "'");
        sql.createTemporarySystemFunction("same", new UserClassLoaders());
        create(sql, "plain", ZK.port(), "");
        create(
                sql,
                "secured",
                ZK.securePort(),
                ", 'ssl.truststore.location' = '%s', 'ssl.truststore.password' = 'changeit',"
                                .formatted(CERTIFICATES.trustStore("server"))
                        + " 'sasl.username' = 'bob', 'sasl.password' = 'builder'");
        for (int round = 0; round < ROUNDS; round++) {
            String table = round % 2 == 0 ? "plain" : "secured";
            try (Changelog rows = new Changelog(sql.executeSql("SELECT COUNT(same(v)) FROM " + table))) {
                rows.awaitTable("[64]");
            }
        }
        Await.until(
                "sessions and watches have ended", () -> ZK.sessionCount() == sessions && ZK.watchCount() == watches);
        Await.until("the classes are garbage", () -> {
            System.gc();
            assertThat(UserClassLoaders.alive())
                    .as("loaders whose jobs have ended; threads that have one: %s", threadsOf(UserClassLoaders.alive()))
                    .isEmpty();
            return true;
        });
        Await.untilAsserted("the threads have ended", () -> assertThat(
                        Thread.getAllStackTraces().keySet())
                .filteredOn(thread -> !before.contains(thread))
                .extracting(Thread::getName)
                .noneMatch(LeakITCase::isOurs));
    }

    private static List<String> threadsOf(List<ClassLoader> loaders) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> loaders.contains(thread.getContextClassLoader()))
                .map(Thread::getName)
                .toList();
    }

    private static boolean isOurs(String thread) {
        return Stream.of("SendThread", "EventThread", "zookeeper", "zkNetty").anyMatch(thread::contains);
    }

    private static void create(StreamTableEnvironment sql, String name, int port, String options) {
        sql.executeSql("""
                CREATE TEMPORARY TABLE %s (k STRING, v STRING) WITH (
                  'connector' = 'zookeeper', 'connect-string' = 'localhost:%d', 'path' = '/tree/{k}',
                  'scan.changelog-mode' = 'append'%s)
                """.formatted(name, port, options));
    }
}
