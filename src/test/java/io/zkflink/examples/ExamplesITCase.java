// SPDX-License-Identifier: Apache-2.0
package io.zkflink.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.source.ZNodeChange;
import io.zkflink.source.ZooKeeperSource;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;

/** The examples do what they say. Each has a chroot of its own. */
class ExamplesITCase {

    /** More than one round of amounts gives. */
    private static final int LINES_A_LOOK = 200;

    private static final AtomicBoolean FAIL = new AtomicBoolean();

    private final ZooKeeperAdmin zk = SharedZooKeeper.admin();
    private final String root = SharedZooKeeper.freshRoot();
    private final String connectString = SharedZooKeeper.connectString() + root;

    ExamplesITCase() {
        zk.create(root);
    }

    private static StreamExecutionEnvironment environment() {
        return SharedMiniCluster.environment(2, SharedMiniCluster.restarting("50 ms"));
    }

    @Test
    void oneOfTwoGuardedJobsWorksAndTheOtherStandsBy() throws Exception {
        StreamExecutionEnvironment first = environment();
        GuardedJob.report(GuardedJob.totals(first), "first", connectString);
        JobClient one = first.executeAsync("first");
        Await.until("the first reports", () -> zk.exists(root + "/report"));
        long token = token();
        assertThat(token)
                .isEqualTo(zk.stat(root + "/locks/report/"
                                + zk.children(root + "/locks/report").get(0))
                        .getCzxid());
        StreamExecutionEnvironment second = environment();
        GuardedJob.report(GuardedJob.totals(second), "second", connectString);
        JobClient two = second.executeAsync("second");
        try {
            Await.until(
                    "the second queues",
                    () -> zk.children(root + "/locks/report").size() == 2);
            int version = zk.stat(root + "/report").getVersion();
            Await.until("the report goes on", () -> zk.stat(root + "/report").getVersion() > version + 5);
            assertThat(zk.get(root + "/report")).startsWith("first " + token + " ");

            SharedMiniCluster.replaceTaskManager();

            Await.until("one of them has the lock again", () -> token() > token);
        } finally {
            cancel(one.getJobID());
        }
        try {
            Await.until("the second reports", () -> zk.get(root + "/report").startsWith("second "));
            assertThat(token()).isGreaterThan(token);
        } finally {
            cancel(two.getJobID());
        }
    }

    private long token() {
        return Long.parseLong(zk.get(root + "/report").split(" ", -1)[1]);
    }

    @Test
    void jobsAreMembersToo() throws Exception {
        zk.create(root + "/joining/carl");
        StreamExecutionEnvironment env = environment();
        Membership.join(
                env.fromSource(
                                ZooKeeperSource.builder()
                                        .setConnectString(connectString)
                                        .setPath("/joining/{member}")
                                        .build(),
                                WatermarkStrategy.noWatermarks(),
                                "joining")
                        .map(ZNodeChange::name),
                connectString);
        JobClient job = env.executeAsync("join");
        try {
            Await.until("carl is alive", () -> zk.exists(root + "/members/shop/carl"));
            assertThat(zk.stat(root + "/members/shop/carl").getEphemeralOwner()).isNotZero();
        } finally {
            cancel(job.getJobID());
        }
    }

    @Test
    void jobsBeginWhenAllHaveCome() throws Exception {
        zk.create(root + "/meeting");
        StreamExecutionEnvironment first = environment();
        Handover.write(Meeting.await(Handover.numbers(first, 10), "first", 2, connectString), connectString);
        JobClient one = first.executeAsync("first");
        StreamExecutionEnvironment second = environment();
        try {
            Await.until("the first has come", () -> zk.exists(root + "/meeting/first"));
            assertThat(zk.exists(root + "/handover")).as("begun alone").isFalse();
            Meeting.await(Handover.numbers(second, 10), "second", 2, connectString)
                    .sinkTo(new DiscardingSink<>());
            JobClient two = second.executeAsync("second");
            try {
                Await.until(
                        "both have begun",
                        () -> zk.exists(root + "/handover")
                                && zk.children(root + "/handover").size() == 10);
                assertThat(zk.children(root + "/meeting")).containsExactlyInAnyOrder("first", "second");
            } finally {
                cancel(two.getJobID());
            }
        } finally {
            cancel(one.getJobID());
        }
    }

    @Test
    void membershipTellsWhoIsAlive() throws Exception {
        try (ZooKeeperAdmin ann = new ZooKeeperAdmin(connectString);
                ZooKeeperAdmin bob = new ZooKeeperAdmin(connectString)) {
            ann.createEphemeral("/members/shop/ann", "");
            try (CloseableIterator<String> lines =
                    Membership.alive(environment(), connectString).executeAndCollect("membership")) {
                read(lines, "shop: [ann]"::equals);
                bob.createEphemeral("/members/shop/bob", "");
                read(lines, "shop: [ann, bob]"::equals);
                ann.close();
                read(lines, "shop: [bob]"::equals);
            }
        }
    }

    @Test
    void rulesAreHeardWhileTheJobRuns() throws Exception {
        zk.create(root + "/rules/small", "90");
        try (CloseableIterator<String> lines =
                DynamicRules.alarms(environment(), connectString).executeAndCollect("dynamic rules")) {
            read(lines, "91 is over the limit 90 of small"::equals);
            zk.set(root + "/rules/small", "80");
            read(lines, "81 is over the limit 80 of small"::equals);
            zk.create(root + "/rules/large", "50");
            read(lines, "51 is over the limit 50 of large"::equals);
            zk.set(root + "/rules/small", "eighty");
            readUntilNoneOf(lines, "small");
            zk.set(root + "/rules/small", "70");
            read(lines, "71 is over the limit 70 of small"::equals);
            zk.delete(root + "/rules/large");
            readUntilNoneOf(lines, "large");
        }
    }

    private static void read(CloseableIterator<String> lines, Predicate<String> last) {
        Await.until("a line comes", () -> {
            for (int i = 0; i < LINES_A_LOOK; i++) {
                if (last.test(lines.next())) {
                    return true;
                }
            }
            return false;
        });
    }

    private static void readUntilNoneOf(CloseableIterator<String> lines, String rule) {
        int[] without = {0};
        read(lines, line -> {
            without[0] = line.endsWith(rule) ? 0 : without[0] + 1;
            return without[0] == LINES_A_LOOK;
        });
    }

    @Test
    void twoJobsHandDataOverExactlyOnceWhateverFails() throws Exception {
        long count = 2_000;
        FAIL.set(true);
        StreamExecutionEnvironment writing = environment();
        Handover.write(
                Handover.numbers(writing, count).map(value -> {
                    if (value == count / 2 && FAIL.getAndSet(false)) {
                        throw new IllegalStateException("Failed by the test.");
                    }
                    return value;
                }),
                connectString);
        StreamExecutionEnvironment reading = environment();
        Handover.read(reading, connectString);

        JobClient writer = writing.executeAsync("write");
        JobClient reader = reading.executeAsync("read");
        try {
            Await.until(
                    "some have been handed over",
                    () -> zk.exists(root + "/total")
                            && zk.children(root + "/handover").size() > 100);
            SharedMiniCluster.replaceTaskManager();
            writer.getJobExecutionResult().get();
            Await.until("all have been added up", () -> zk.get(root + "/total")
                    .equals(Long.toString(count * (count + 1) / 2)));
        } finally {
            cancel(reader.getJobID());
        }
        assertThat(FAIL).isFalse();
        List<String> ids =
                LongStream.rangeClosed(1, count).mapToObj(Long::toString).toList();
        assertThat(zk.children(root + "/handover")).containsExactlyInAnyOrderElementsOf(ids);
        assertThat(ids)
                .allSatisfy(id -> assertThat(zk.stat(root + "/handover/" + id).getVersion())
                        .as("written once")
                        .isZero());
    }

    private static void cancel(JobID job) throws Exception {
        SharedMiniCluster.cluster().cancelJob(job).get();
        SharedMiniCluster.awaitGone(job);
    }
}
