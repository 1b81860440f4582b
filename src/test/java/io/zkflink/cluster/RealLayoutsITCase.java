// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.quickstart.Layouts;
import io.zkflink.testkit.Await;
import io.zkflink.testkit.JavaProcess;
import io.zkflink.testkit.Ports;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.BatchShuffleMode;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The definitions of {@code sql-examples/layouts} on what the systems themselves write, as far as they are in Maven
 * Central: Kafka, Helix and Flink, in processes with class paths of their own.
 */
@Tag("nightly")
class RealLayoutsITCase {

    @TempDir
    private Path directory;

    private final String root = SharedZooKeeper.freshRoot();
    private final String connectString = SharedZooKeeper.connectString() + root;
    private final List<JavaProcess> processes = new ArrayList<>();
    private ZooKeeperAdmin zk;
    private Layouts layouts;

    @BeforeEach
    void open() {
        SharedZooKeeper.admin().create(root);
        zk = new ZooKeeperAdmin(connectString);
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.BATCH);
        configuration.set(ExecutionOptions.BATCH_SHUFFLE_MODE, BatchShuffleMode.ALL_EXCHANGES_PIPELINED);
        configuration.set(JobManagerOptions.SCHEDULER, JobManagerOptions.SchedulerType.Default);
        layouts = new Layouts(SharedMiniCluster.tableEnvironment(1, configuration), connectString);
    }

    @AfterEach
    void close() {
        processes.forEach(JavaProcess::kill);
        layouts.close();
        zk.close();
    }

    /** A process of a system that the build has laid into {@code target/others}. */
    private JavaProcess start(String system, String mainClass, String... arguments) throws IOException {
        Path jars = Path.of("target", "others", system).toAbsolutePath();
        assertThat(jars)
                .as("%s, which 'mvn -Pnightly verify' lays there", system)
                .isDirectory();
        Path leash = JavaProcess.leash(directory.resolve("leash"));
        JavaProcess process = new JavaProcess(
                mainClass,
                directory.resolve(system + "-" + processes.size() + ".log"),
                jars + File.separator + "*" + File.pathSeparator + leash,
                List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                mainClass,
                List.of(arguments));
        processes.add(process);
        process.start();
        return process;
    }

    /** A tool, to its end. */
    private void run(String system, String mainClass, String... arguments) throws IOException {
        JavaProcess tool = start(system, mainClass, arguments);
        Await.until(mainClass + " has ended, see " + tool.log(), () -> !tool.isAlive());
    }

    @Test
    void kafka() throws IOException {
        int port = Ports.free();
        String servers = "localhost:" + port;
        Path properties = Files.writeString(directory.resolve("server.properties"), """
                broker.id=1
                broker.rack=a
                listeners=PLAINTEXT://%s
                zookeeper.connect=%s
                zookeeper.session.timeout.ms=4000
                log.dirs=%s
                offsets.topic.replication.factor=1
                authorizer.class.name=kafka.security.authorizer.AclAuthorizer
                allow.everyone.if.no.acl.found=true
                super.users=User:ANONYMOUS
                """.formatted(
                        servers, connectString, directory.resolve("kafka-logs")));
        JavaProcess broker = start("kafka", "kafka.Kafka", properties.toString());
        Await.until("the broker leads, see " + broker.log(), () -> {
            broker.checkAlive();
            return zk.exists("/controller") && zk.exists("/brokers/ids/1");
        });
        run(
                "kafka",
                "org.apache.kafka.tools.TopicCommand",
                "--bootstrap-server",
                servers,
                "--create",
                "--topic",
                "orders",
                "--partitions",
                "3",
                "--replication-factor",
                "1",
                "--config",
                "retention.ms=86400000");
        run(
                "kafka",
                "kafka.admin.ConfigCommand",
                "--bootstrap-server",
                servers,
                "--alter",
                "--entity-type",
                "brokers",
                "--entity-default",
                "--add-config",
                "log.cleaner.threads=2");
        run(
                "kafka",
                "kafka.admin.AclCommand",
                "--bootstrap-server",
                servers,
                "--add",
                "--allow-principal",
                "User:alice",
                "--operation",
                "Read",
                "--topic",
                "orders");
        Await.until("the partitions have leaders", () -> zk.exists("/brokers/topics/orders/partitions/2/state"));

        List<List<String>> answers = layouts.run("kafka.sql");
        assertThat(answers.get(0)).containsExactly("1, localhost, a, 3, 3, true");
        assertThat(answers.get(1)).isEmpty();
        assertThat(layouts.query("SELECT port, endpoints FROM brokers"))
                .containsExactly(port + ", [PLAINTEXT://" + servers + "]");
        assertThat(layouts.query("SELECT topic, CHAR_LENGTH(topic_id), partitions['2'] FROM topics"))
                .containsExactly("orders, 22, [1]");
        assertThat(layouts.query("SELECT topic, config['retention.ms'] FROM topic_configs WHERE topic = 'orders'"))
                .containsExactly("orders, 86400000");
        assertThat(layouts.query("SELECT broker, config FROM broker_configs"))
                .containsExactly("<default>, {log.cleaner.threads=2}");
        assertThat(layouts.query("SELECT resource_type, resource, acls[1].principal, acls[1].operation FROM acls"))
                .containsExactly("Topic, orders, User:alice, Read");

        broker.kill();
        Await.until("the broker's session has ended", () -> !zk.exists("/brokers/ids/1"));
        assertThat(layouts.query("SELECT topic, `partition`, problem FROM partitions_in_trouble"))
                .containsExactly("orders, 0, OFFLINE", "orders, 1, OFFLINE", "orders, 2, OFFLINE");
    }

    @Test
    void helix() throws IOException {
        String setup = "org.apache.helix.tools.ClusterSetup";
        run("helix", setup, "--zkSvr", connectString, "--addCluster", "shop");
        for (String node : List.of("localhost:12001", "localhost:12002")) {
            run("helix", setup, "--zkSvr", connectString, "--addNode", "shop", node);
        }
        run("helix", setup, "--zkSvr", connectString, "--addResource", "shop", "orders", "2", "MasterSlave");
        run("helix", setup, "--zkSvr", connectString, "--rebalance", "shop", "orders", "2");
        start(
                "helix",
                "org.apache.helix.controller.HelixControllerMain",
                "--zkSvr",
                connectString,
                "--cluster",
                "shop",
                "--controllerName",
                "c1");
        JavaProcess participant = participant("12001");
        JavaProcess other = participant("12002");
        Await.until("all is where it is to be, see " + participant.log(), () -> {
            participant.checkAlive();
            other.checkAlive();
            return layouts.run("helix-pinot.sql").get(0).isEmpty()
                    && layouts.query("SELECT * FROM actual").size() == 4;
        });

        List<List<String>> answers = layouts.run("helix-pinot.sql");
        assertThat(answers.get(1))
                .containsExactly("shop, localhost_12001, true, true, c1", "shop, localhost_12002, true, true, c1");
        assertThat(layouts.query("SELECT instance, simpleFields['HELIX_PORT'] FROM instances"))
                .containsExactly("localhost_12001, 12001", "localhost_12002, 12002");
        assertThat(layouts.query("SELECT state, COUNT(*) FROM actual GROUP BY state"))
                .containsExactly("MASTER, 2", "SLAVE, 2");

        other.kill();
        Await.until(
                "the participant's session has ended",
                () -> layouts.query("SELECT instance FROM live_instances").size() == 1);
        Await.untilAsserted("what it had is missed", () -> assertThat(
                        layouts.query("SELECT instance, is_live FROM replicas_in_trouble"))
                .isNotEmpty()
                .contains("localhost_12002, false"));
    }

    private JavaProcess participant(String port) throws IOException {
        return start(
                "helix",
                "org.apache.helix.examples.ExampleProcess",
                "--zkSvr",
                connectString,
                "--cluster",
                "shop",
                "--host",
                "localhost",
                "--port",
                port,
                "--stateModelType",
                "MasterSlave");
    }

    /** Before Flink 2.0, what is to be recovered has another name. */
    @ParameterizedTest
    @ValueSource(strings = {"1.20.3", "2.3.0"})
    void flinkHighAvailability(String version) throws IOException {
        Path configuration = Files.createDirectories(directory.resolve("flink"));
        Files.writeString(configuration.resolve("config.yaml"), """
                parallelism.default: 1
                taskmanager.numberOfTaskSlots: 1
                execution.checkpointing.interval: 200 ms
                high-availability.type: zookeeper
                high-availability.zookeeper.quorum: %s
                """.formatted(connectString));
        try (FlinkCluster flink = new FlinkCluster(version, configuration, 1, Map.of()).start();
                SqlProcess sql = new SqlProcess(flink)) {
            sql.execute(
                    "CREATE TEMPORARY TABLE numbers (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')");
            sql.execute("CREATE TEMPORARY TABLE nowhere (i INT) WITH ('connector' = 'blackhole')");
            String job = sql.execute("INSERT INTO nowhere SELECT * FROM numbers");
            Await.untilAsserted("a checkpoint has completed", () -> {
                List<List<String>> answers = layouts.run("flink-ha.sql");
                assertThat(answers.get(0)).hasSize(1);
                assertThat(answers.get(0).get(0)).matches("default, " + job + ", true, \\d+, .*");
                assertThat(answers.get(1)).containsExactly("default, 1");
            });
            assertThat(layouts.query("SELECT component FROM leaders"))
                    .containsExactlyInAnyOrder("job-" + job, "dispatcher", "resource_manager", "rest_server");
            String plans = version.startsWith("1.") ? "jobgraphs" : "execution_plans";
            assertThat(layouts.query("SELECT job FROM " + plans)).containsExactly(job);
        }
    }
}
