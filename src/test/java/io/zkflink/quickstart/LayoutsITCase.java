// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import io.zkflink.testkit.ZooKeeperAdmin;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.details.JsonInstanceSerializer;
import org.apache.flink.api.common.BatchShuffleMode;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.zookeeper.CreateMode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The definitions of {@code sql-examples/layouts} on what those systems write, by the hand of {@link ZooKeeperAdmin};
 * Curator registers itself.
 */
class LayoutsITCase {

    private static final String ROOT = SharedZooKeeper.freshRoot();
    private static final Set<String> RUN = new TreeSet<>();

    private static ZooKeeperAdmin admin;
    private static Layouts layouts;

    @BeforeAll
    static void open() {
        SharedZooKeeper.admin().create(ROOT);
        String connectString = SharedZooKeeper.connectString() + ROOT;
        admin = new ZooKeeperAdmin(connectString);
        Configuration configuration = new Configuration();
        configuration.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.BATCH);
        // Small answers need no files between one task and the next.
        configuration.set(ExecutionOptions.BATCH_SHUFFLE_MODE, BatchShuffleMode.ALL_EXCHANGES_PIPELINED);
        configuration.set(JobManagerOptions.SCHEDULER, JobManagerOptions.SchedulerType.Default);
        layouts = new Layouts(SharedMiniCluster.tableEnvironment(1, configuration), connectString);
    }

    @AfterAll
    static void allWereRun() throws IOException {
        layouts.close();
        admin.close();
        try (Stream<Path> files = Files.list(Layouts.DIRECTORY)) {
            assertThat(RUN)
                    .containsExactlyInAnyOrderElementsOf(
                            files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
        }
    }

    private static List<List<String>> run(String script) {
        RUN.add(script);
        return layouts.run(script);
    }

    /** Lines of a path and its data. */
    private static void write(String znodes) {
        znodes.lines().forEach(line -> {
            String[] znode = line.split(" ", 2);
            admin.create(znode[0], znode.length == 1 ? "" : znode[1].replace("\\n", "\n"));
        });
    }

    @Test
    void kafka() {
        write("""
                /brokers/ids/1 {"features":{},"listener_security_protocol_map":{"PLAINTEXT":"PLAINTEXT"},"endpoints":["PLAINTEXT://kafka-1:9092"],"rack":"a","jmx_port":-1,"port":9092,"host":"kafka-1","version":5,"timestamp":"1763884800000"}
                /brokers/ids/2 {"features":{},"listener_security_protocol_map":{"SASL":"SASL_SSL"},"endpoints":["SASL://kafka-2:9093"],"jmx_port":-1,"port":-1,"host":null,"version":5,"timestamp":"1763884801000"}
                /controller {"version":2,"brokerid":2,"timestamp":"1763884802000","kraftControllerEpoch":-1}
                /brokers/topics/orders {"removing_replicas":{},"partitions":{"0":[1,2],"1":[3],"2":[1,2]},"topic_id":"u1Yk4QmTRZ2h0d3VJm6y5A","adding_replicas":{},"version":3}
                /brokers/topics/orders/partitions/0/state {"controller_epoch":4,"leader":1,"version":1,"leader_epoch":2,"isr":[1,2]}
                /brokers/topics/orders/partitions/1/state {"controller_epoch":4,"leader":-1,"version":1,"leader_epoch":7,"isr":[3]}
                /brokers/topics/orders/partitions/2/state {"controller_epoch":4,"leader":2,"version":1,"leader_epoch":5,"isr":[2]}
                /config/topics/orders {"version":1,"config":{"retention.ms":"86400000"}}
                /config/brokers/<default> {"version":1,"config":{"log.cleaner.threads":"2"}}
                /kafka-acl/Topic/orders {"version":1,"acls":[{"principal":"User:alice","permissionType":"Allow","operation":"Read","host":"*"}]}
                /admin/delete_topics/old""");
        List<List<String>> answers = run("kafka.sql");
        assertThat(answers.get(0)).containsExactly("1, kafka-1, a, 1, 1, false", "2, null, null, 1, 0, true");
        assertThat(answers.get(1))
                .containsExactly("orders, 1, OFFLINE, -1, 1, 1", "orders, 2, UNDER-REPLICATED, 2, 1, 2");
        assertThat(layouts.query("SELECT topic, config['retention.ms'] FROM topic_configs"))
                .containsExactly("orders, 86400000");
        assertThat(layouts.query("SELECT broker, config FROM broker_configs"))
                .containsExactly("<default>, {log.cleaner.threads=2}");
        assertThat(layouts.query("SELECT resource_type, acls[1].principal FROM acls"))
                .containsExactly("Topic, User:alice");
        assertThat(layouts.query("SELECT topic FROM deletions")).containsExactly("old");
    }

    @Test
    void solr() {
        write("""
                /live_nodes/solr-1:8983_solr
                /live_nodes/solr-2:8983_solr
                /overseer_elect/leader {"id":"72057594037927939-solr-2:8983_solr-n_0000000004"}
                /aliases.json {"collection":{"current":"films,books"}}
                /configs/_default/lang/stopwords_en.txt a the
                /collections/films/leaders/shard1/leader {"core":"films_shard1_replica_n1","core_node_name":"core_node3","base_url":"http://solr-1:8983/solr","node_name":"solr-1:8983_solr"}
                /collections/films/state.json {"films":{"pullReplicas":"0","configName":"_default","replicationFactor":"2","router":{"name":"compositeId"},"nrtReplicas":"2","tlogReplicas":"0","shards":{"shard1":{"range":"80000000-ffffffff","state":"active","replicas":{"core_node3":{"core":"films_shard1_replica_n1","node_name":"solr-1:8983_solr","type":"NRT","state":"active","force_set_state":"false","leader":"true"},"core_node5":{"core":"films_shard1_replica_n2","node_name":"solr-2:8983_solr","type":"NRT","state":"recovering","force_set_state":"false"}}},"shard2":{"range":"0-7fffffff","state":"active","replicas":{"core_node7":{"core":"films_shard2_replica_n4","node_name":"solr-3:8983_solr","type":"NRT","state":"active","force_set_state":"false","leader":"true"}}}}}}
                /collections/books/state.json {"books":{"perReplicaState":"true","configName":"_default","shards":{}}}
                /collections/books/state.json/core_node2:1:A:L""");
        List<List<String>> answers = run("solr.sql");
        assertThat(answers.get(0))
                .containsExactly(
                        "films, films_shard1_replica_n2, solr-2:8983_solr, recovering",
                        "films, films_shard2_replica_n4, solr-3:8983_solr, node is gone");
        assertThat(answers.get(1)).containsExactly("solr-1:8983_solr, false, 1", "solr-2:8983_solr, true, 0");
        assertThat(layouts.query("SELECT collection, shard, core FROM shard_leaders"))
                .containsExactly("films, shard1, films_shard1_replica_n1");
        assertThat(layouts.query("SELECT collection, state FROM replica_states"))
                .containsExactly("books, core_node2:1:A:L");
        assertThat(layouts.query("SELECT collection['current'] FROM aliases")).containsExactly("films,books");
        assertThat(layouts.query("SELECT file, data FROM config_files WHERE data IS NOT NULL"))
                .containsExactly("lang/stopwords_en.txt, a the");
    }

    /** Registered by Curator itself, beside whatever the other tests register in the same place. */
    @Test
    void curatorDiscovery() throws Exception {
        try (CuratorFramework curator =
                CuratorFrameworkFactory.newClient(SharedZooKeeper.connectString() + ROOT, new RetryOneTime(100))) {
            curator.start();
            try (ServiceDiscovery<String> discovery = ServiceDiscoveryBuilder.builder(String.class)
                    .client(curator)
                    .basePath("/services")
                    .serializer(new JsonInstanceSerializer<>(String.class))
                    .build()) {
                discovery.start();
                for (int i = 1; i <= 2; i++) {
                    discovery.registerService(ServiceInstance.<String>builder()
                            .name("checkout")
                            .id("checkout-" + i)
                            .address("10.0.0." + i)
                            .port(8080 + i)
                            .payload("release 1." + i)
                            .build());
                }
                discovery.registerService(ServiceInstance.<String>builder()
                        .name("checkout")
                        .id("checkout-3")
                        .address("10.0.0.3")
                        .enabled(false)
                        .build());
                List<List<String>> answers = run("curator-discovery.sql");
                // Without compatibility with old versions Curator does not write whether an instance is enabled.
                assertThat(answers.get(0)).contains("checkout, 3");
                assertThat(answers.get(1))
                        .contains("10.0.0.1, 8081, release 1.1", "10.0.0.2, 8082, release 1.2")
                        .hasSize(3);
            }
        }
    }

    @Test
    void springCloud() {
        write("""
                /services/shop/5c9b {"name":"shop","id":"5c9b","address":"10.1.0.1","port":8080,"sslPort":null,"payload":{"@class":"org.springframework.cloud.zookeeper.discovery.ZookeeperInstance","id":"shop","name":"shop","metadata":{"instance_status":"UP"}},"registrationTimeUTC":1763884800000,"serviceType":"DYNAMIC","uriSpec":{"parts":[{"value":"scheme","variable":true}]}}
                /services/shop/7d2e {"name":"shop","id":"7d2e","address":"10.1.0.2","port":8080,"sslPort":null,"payload":{"@class":"org.springframework.cloud.zookeeper.discovery.ZookeeperInstance","id":"shop","name":"shop","metadata":{"instance_status":"OUT_OF_SERVICE"}},"registrationTimeUTC":1763884800000,"serviceType":"DYNAMIC","uriSpec":null}
                /config/application/server/port 8080
                /config/checkout/db.url jdbc:postgresql://db/checkout
                /config/checkout,prod/db.url jdbc:postgresql://prod/checkout""");
        List<List<String>> answers = run("spring-cloud.sql");
        assertThat(answers.get(0)).contains("shop, 1, 1");
        assertThat(answers.get(1))
                .containsExactly("application, server.port, 8080", "checkout, db.url, jdbc:postgresql://db/checkout");
    }

    @Test
    void dubbo() {
        write("""
                /dubbo/org.example.Orders/providers/dubbo%3A%2F%2F10.2.0.1%3A20880%2Forg.example.Orders%3Fanyhost%3Dtrue%26application%3Dorder-service%26dubbo%3D2.0.2%26methods%3Dfind%2Cplace%26release%3D3.3.0%26side%3Dprovider
                /dubbo/org.example.Orders/consumers/consumer%3A%2F%2F10.2.0.9%2Forg.example.Orders%3Fapplication%3Dweb%26category%3Dconsumers%26side%3Dconsumer
                /dubbo/org.example.Stock/consumers/consumer%3A%2F%2F10.2.0.9%2Forg.example.Stock%3Fapplication%3Dweb%26category%3Dconsumers
                /dubbo/org.example.Users/consumers/consumer%3A%2F%2F10.2.0.9%2Forg.example.Users%3Fapplication%3Dweb%26category%3Dconsumers
                /dubbo/mapping/org.example.Users user-service,other-service
                /dubbo/config/dubbo/web.configurators configVersion: v3.0
                /services/user-service/10.2.0.3:20881 {"name":"user-service","id":"10.2.0.3:20881","address":"10.2.0.3","port":20881,"sslPort":null,"payload":{"@class":"org.apache.dubbo.registry.zookeeper.ZookeeperInstance","id":"10.2.0.3:20881","name":"user-service","metadata":{"dubbo.endpoints":"[{\\"port\\":20881,\\"protocol\\":\\"dubbo\\"}]","dubbo.metadata.revision":"871fbc9cb2730caea9b0d858852d5ede","dubbo.metadata.storage-type":"local"}},"registrationTimeUTC":1674960781893,"serviceType":"DYNAMIC","uriSpec":null}""");
        List<List<String>> answers = run("dubbo.sql");
        assertThat(answers.get(0)).containsExactly("org.example.Orders, 1", "org.example.Users, 1");
        assertThat(answers.get(1)).containsExactly("org.example.Stock, web, 10.2.0.9");
        assertThat(layouts.query("SELECT protocol, address, application, dubbo_version FROM providers"))
                .containsExactly("dubbo, 10.2.0.1:20880, order-service, 3.3.0");
        assertThat(layouts.query("SELECT rule_group, rule_key, content FROM rules"))
                .containsExactly("dubbo, web.configurators, configVersion: v3.0");
        assertThat(layouts.query("SELECT revision FROM instances WHERE application = 'user-service'"))
                .containsExactly("871fbc9cb2730caea9b0d858852d5ede");
    }

    @Test
    void clickHouse() {
        String table = "/clickhouse/tables/6ba7b810-9dad-11d1-80b4-00c04fd430c8/01";
        write("""
                T/replicas/r1/host host: ch-1\\nport: 9009\\ntcp_port: 9000\\ndatabase: default\\ntable: hits\\nscheme: http\\n
                T/replicas/r1/is_active UUID_1
                T/replicas/r1/log_pointer 8
                T/replicas/r1/queue
                T/replicas/r2/host host: ch-2\\nport: 9009\\ntcp_port: 9000\\ndatabase: default\\ntable: hits\\nscheme: http\\n
                T/replicas/r2/log_pointer 5
                T/replicas/r2/queue/queue-0000000003 format version: 4\\ncreate_time: 2025-11-23 08:00:00\\nsource replica: r1\\nblock_id: \\nget\\nall_3_3_0\\n
                T/replicas/r2/queue/queue-0000000004 format version: 4\\ncreate_time: 2025-11-23 08:00:01\\nsource replica: r1\\nblock_id: \\nget\\nall_4_4_0\\n
                T/log/log-0000000006
                T/log/log-0000000007
                T/mutations/0000000000 format version: 1
                /clickhouse/task_queue/ddl/query-0000000001 version: 1
                /clickhouse/task_queue/ddl/query-0000000001/finished/ch%2D1:9000 0
                /clickhouse/task_queue/ddl/query-0000000001/finished/ch%2D2:9000 60\\nTable default.t does not exist""".replace("T/", table + "/"));
        List<List<String>> answers = run("clickhouse.sql");
        assertThat(answers.get(0))
                .containsExactly("default, hits, 01, r1, ch-1, true, 0, 0", "default, hits, 01, r2, ch-2, false, 2, 3");
        assertThat(answers.get(1)).containsExactly("query-0000000001, ch%2D2:9000, 60\nTable default.t does not exist");
    }

    @Test
    void patroni() {
        write("""
                /service/orders/leader pg-1
                /service/orders/initialize 7290121023458390021
                /service/orders/config {"loop_wait":10,"maximum_lag_on_failover":1048576,"postgresql":{"use_pg_rewind":true},"retry_timeout":10,"ttl":30}
                /service/orders/status {"optime":184549376,"slots":{"pg_2":184549000},"retain_slots":["pg_1","pg_2"]}
                /service/orders/history [[1,25623960,"no recovery target specified","2025-11-23T08:00:00+00:00","pg-1"]]
                /service/orders/members/pg-1 {"conn_url":"postgres://10.3.0.1:5432/postgres","api_url":"http://10.3.0.1:8008/patroni","state":"running","role":"primary","version":"4.0.4","xlog_location":184549376,"timeline":2}
                /service/orders/members/pg-2 {"conn_url":"postgres://10.3.0.2:5432/postgres","api_url":"http://10.3.0.2:8008/patroni","state":"running","role":"replica","version":"4.0.4","tags":{"nofailover":true},"xlog_location":184545280,"replication_state":"streaming","timeline":2}
                /service/users/config {"loop_wait":10,"ttl":30,"pause":true}
                /service/users/leader pg-7
                /service/stock/config {"loop_wait":10,"ttl":30}""");
        List<List<String>> answers = run("patroni.sql");
        assertThat(answers.get(0))
                .containsExactly(
                        "orders, pg-1, primary, running, true, 2, 0", "orders, pg-2, replica, running, false, 2, 4096");
        assertThat(answers.get(1)).containsExactly("stock, null, null", "users, pg-7, true");
        assertThat(layouts.query("SELECT failovers FROM history").get(0)).contains("no recovery target");
        assertThat(layouts.query("SELECT * FROM sync")).isEmpty();
    }

    @Test
    void helixAndPinot() throws IOException {
        write("""
                /Pinot/CONFIGS/PARTICIPANT/Server_s1_8098 {"id":"Server_s1_8098","simpleFields":{"HELIX_HOST":"s1","HELIX_PORT":"8098","HELIX_ENABLED":"true"},"mapFields":{},"listFields":{"TAG_LIST":["DefaultTenant_OFFLINE"]}}
                /Pinot/CONFIGS/PARTICIPANT/Server_s2_8098 {"id":"Server_s2_8098","simpleFields":{"HELIX_HOST":"s2","HELIX_PORT":"8098","HELIX_ENABLED":"true"},"mapFields":{},"listFields":{"TAG_LIST":["DefaultTenant_OFFLINE"]}}
                /Pinot/LIVEINSTANCES/Server_s1_8098 {"id":"Server_s1_8098","simpleFields":{"HELIX_VERSION":"1.4.3","LIVE_INSTANCE":"12@s1","SESSION_ID":"100012345"},"mapFields":{},"listFields":{}}
                /Pinot/CONTROLLER/LEADER {"id":"c1_9000","simpleFields":{"LIVE_INSTANCE":"1@c1"},"mapFields":{},"listFields":{}}
                /Pinot/EXTERNALVIEW/hits_OFFLINE {"id":"hits_OFFLINE","simpleFields":{"REPLICAS":"2"},"mapFields":{"hits_0":{"Server_s1_8098":"ONLINE"},"hits_1":{"Server_s1_8098":"ERROR"}},"listFields":{}}
                /Pinot/PROPERTYSTORE/SEGMENTS/hits_OFFLINE/hits_0 {"id":"hits_0","simpleFields":{"segment.total.docs":"1000"},"mapFields":{},"listFields":{}}
                /Pinot/PROPERTYSTORE/CONFIGS/TABLE/hits_OFFLINE {"id":"hits_OFFLINE","simpleFields":{"tableName":"hits_OFFLINE","tableType":"OFFLINE"},"mapFields":{},"listFields":{}}""");
        // Large records are compressed.
        admin.createRaw("/Pinot/IDEALSTATES/hits_OFFLINE", gzip("""
                {"id":"hits_OFFLINE","simpleFields":{"REBALANCE_MODE":"CUSTOMIZED","REPLICAS":"2"},"mapFields":{"hits_0":{"Server_s1_8098":"ONLINE","Server_s2_8098":"ONLINE"},"hits_1":{"Server_s1_8098":"ONLINE"}},"listFields":{}}"""), CreateMode.PERSISTENT);
        List<List<String>> answers = run("helix-pinot.sql");
        assertThat(answers.get(0))
                .containsExactly(
                        "Pinot, hits_OFFLINE, hits_0, Server_s2_8098, ONLINE, null, false",
                        "Pinot, hits_OFFLINE, hits_1, Server_s1_8098, ONLINE, ERROR, true");
        assertThat(answers.get(1))
                .containsExactly(
                        "Pinot, Server_s1_8098, true, true, c1_9000", "Pinot, Server_s2_8098, true, false, c1_9000");
        assertThat(layouts.query("SELECT segment, simpleFields['segment.total.docs'] FROM pinot_segments"))
                .containsExactly("hits_0, 1000");
        assertThat(layouts.query("SELECT table_name FROM pinot_tables")).containsExactly("hits_OFFLINE");
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    @Test
    void druid() {
        write("""
                /druid/internal-discovery/BROKER/b1:8082 {"druidNode":{"service":"druid/broker","host":"b1","bindOnHost":false,"plaintextPort":8082,"port":-1,"tlsPort":-1,"enablePlaintextPort":true,"enableTlsPort":false},"nodeType":"broker","services":{"lookupNodeService":{"type":"lookupNodeService","lookupTier":"__default"}}}
                /druid/internal-discovery/HISTORICAL/h1:8083 {"druidNode":{"service":"druid/historical","host":"h1","bindOnHost":false,"plaintextPort":8083,"port":-1,"tlsPort":-1,"enablePlaintextPort":true,"enableTlsPort":false},"nodeType":"historical","services":{}}
                /druid/announcements/h1:8083 {"name":"h1:8083","host":"h1:8083","hostAndTlsPort":null,"maxSize":300000000000,"type":"historical","tier":"_default_tier","priority":0}
                /druid/coordinator/_COORDINATOR/_c_0b5a3d0e-6f2f-4a3b-8b1e-1f4f0c9f7a01-latch-0000000004 http://c1:8081
                /druid/coordinator/_COORDINATOR/_c_0b5a3d0e-6f2f-4a3b-8b1e-1f4f0c9f7a02-latch-0000000005 http://c2:8081
                /druid/overlord/_OVERLORD/_c_0b5a3d0e-6f2f-4a3b-8b1e-1f4f0c9f7a03-latch-0000000001 http://c1:8090
                /druid/loadQueue/h1:8083/wiki_2025-11-23""");
        List<List<String>> answers = run("druid.sql");
        assertThat(answers.get(0))
                .containsExactly(
                        "coordinator, http://c1:8081, LEADER",
                        "coordinator, http://c2:8081, CANDIDATE",
                        "overlord, http://c1:8090, LEADER");
        assertThat(answers.get(1)).containsExactly("BROKER, 1", "HISTORICAL, 1");
        assertThat(answers.get(2)).containsExactly("_default_tier, 1, 300000000000");
        assertThat(layouts.query("SELECT druidNode.service, druidNode.plaintextPort FROM nodes WHERE role = 'BROKER'"))
                .containsExactly("druid/broker, 8082");
        assertThat(layouts.query("SELECT host, segment FROM load_queue")).containsExactly("h1:8083, wiki_2025-11-23");
    }

    @Test
    void flinkHighAvailability() {
        String job = "11111111111111111111111111111111";
        write("""
                /flink/default/leader/latch/_c_0b5a3d0e-6f2f-4a3b-8b1e-1f4f0c9f7a01-latch-0000000000
                /flink/default/leader/dispatcher/connection_info x
                /flink/default/leader/job-JOB/connection_info x
                /flink/default/execution-plans/JOB x
                /flink/default/jobgraphs/2222 x
                /flink/default/jobs/JOB/checkpoints/0000000000000000009 x
                /flink/default/jobs/JOB/checkpoints/0000000000000000010 x""".replace("JOB", job));
        List<List<String>> answers = run("flink-ha.sql");
        assertThat(answers.get(0))
                .hasSize(2)
                .satisfies(rows -> assertThat(rows.get(0)).startsWith("default, " + job + ", true, 10, 20"))
                .contains("default, 2222, false, null, null");
        assertThat(answers.get(1)).containsExactly("default, 1");
    }

    @Test
    void hbase() {
        write("""
                /hbase/rs/rs1.example.org,16020,1763884800000
                /hbase/rs/rs2.example.org,16020,1763884801000
                /hbase/draining/rs2.example.org,16020,1763884801000
                /hbase/master x
                /hbase/backup-masters/m2.example.org,16000,1763884802000
                /hbase/replication/peers/1 x
                /hbase/replication/rs/rs1.example.org,16020,1763884800000/1/rs1.example.org%2C16020%2C1763884800000.1763884805000
                /hbase/replication/rs/rs9.example.org,16020,1763880000000/1/a.1
                /hbase/replication/rs/rs9.example.org,16020,1763880000000/1/a.2""");
        List<List<String>> answers = run("hbase.sql");
        assertThat(answers.get(0))
                .containsExactly("rs1.example.org, 16020, false, 1", "rs2.example.org, 16020, true, 0");
        assertThat(answers.get(1)).containsExactly("rs9.example.org,16020,1763880000000, 1, 2");
        assertThat(answers.get(2)).containsExactly("1, 1");
        assertThat(layouts.query("SELECT peer FROM replication_peers")).containsExactly("1");
    }
}
