// SPDX-License-Identifier: Apache-2.0
package io.zkflink.cluster;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The jobs that suffer: what they are, where they run, and how they are upgraded. For one thread. */
final class ChaosJobs {

    /**
     * A subtree that is kept equal to another one; a log of events, each once; lookups in three ways; locks; who holds
     * them.
     */
    enum Job {
        MIRROR("""
            CREATE TABLE source (app STRING, setting STRING, content STRING, PRIMARY KEY (app, setting) NOT ENFORCED)
            WITH (%s, 'path' = '/source/{app}/{setting}');
            CREATE TABLE mirror (app STRING, setting STRING, content STRING, PRIMARY KEY (app, setting) NOT ENFORCED)
            WITH (%s, 'path' = '/mirror/{app}/{setting}', 'sink.delivery-guarantee' = 'exactly-once',
              'sink.transactional-id-prefix' = 'mirror');
            INSERT INTO mirror SELECT app, setting, content FROM source"""),
        JOURNAL("""
            CREATE TABLE events (app STRING, id STRING, event STRING METADATA FROM 'event-type' VIRTUAL)
            WITH (%s, 'path' = '/events/{app}/{id}', 'scan.changelog-mode' = 'append');
            CREATE TABLE journal (app STRING, entry STRING, id STRING)
            WITH (%s, 'path' = '/journal/{app}/{entry}', 'sink.create-mode' = 'persistent-sequential',
              'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'journal',
              'sink.parallelism' = '2');
            INSERT INTO journal SELECT app, 'e-', id FROM events WHERE event = 'CREATED'"""),
        INVOICES("""
            CREATE TABLE orders (id STRING, item STRING, seen INT, t AS PROCTIME())
            WITH (%s, 'path' = '/orders/{id}', 'format' = 'csv', 'scan.changelog-mode' = 'append');
            CREATE TABLE asked (item STRING, v INT, PRIMARY KEY (item) NOT ENFORCED)
            WITH (%s, 'path' = '/prices/{item}', 'format' = 'csv', 'lookup.async' = 'true');
            CREATE TABLE cached (item STRING, v INT, PRIMARY KEY (item) NOT ENFORCED)
            WITH (%s, 'path' = '/prices/{item}', 'format' = 'csv', 'lookup.cache' = 'PARTIAL',
              'lookup.partial-cache.max-rows' = '1000');
            CREATE TABLE mirrored (item STRING, v INT, PRIMARY KEY (item) NOT ENFORCED)
            WITH (%s, 'path' = '/prices/{item}', 'format' = 'csv', 'lookup.cache' = 'FULL');
            CREATE TABLE invoices (id STRING, item STRING, seen INT, a INT, c INT, m INT, PRIMARY KEY (id) NOT ENFORCED)
            WITH (%s, 'path' = '/invoices/{id}', 'format' = 'csv');
            INSERT INTO invoices SELECT o.id, o.item, o.seen, a.v, c.v, m.v FROM orders AS o
            LEFT JOIN asked FOR SYSTEM_TIME AS OF o.t AS a ON a.item = o.item
            LEFT JOIN cached FOR SYSTEM_TIME AS OF o.t AS c ON c.item = o.item
            LEFT JOIN mirrored FOR SYSTEM_TIME AS OF o.t AS m ON m.item = o.item"""),
        LOCKS("""
            CREATE TABLE wanted (resource STRING, worker STRING, PRIMARY KEY (resource, worker) NOT ENFORCED)
            WITH (%s, 'path' = '/wanted/{resource}/{worker}');
            CREATE TABLE locks (resource STRING, owner STRING, PRIMARY KEY (resource, owner) NOT ENFORCED)
            WITH (%s, 'path' = '/locks/{resource}', 'recipe' = 'lock');
            INSERT INTO locks SELECT resource, worker FROM wanted"""),
        HELD("""
            CREATE TABLE locks (resource STRING, owner STRING, `state` STRING METADATA VIRTUAL,
              token BIGINT METADATA FROM 'fencing-token' VIRTUAL, PRIMARY KEY (resource, owner) NOT ENFORCED)
            WITH (%s, 'path' = '/locks/{resource}', 'recipe' = 'lock');
            CREATE TABLE held (resource STRING, owner STRING, token BIGINT, PRIMARY KEY (resource, owner) NOT ENFORCED)
            WITH (%s, 'path' = '/held/{resource}/{owner}', 'format' = 'csv',
              'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'held');
            INSERT INTO held SELECT resource, owner, token FROM locks WHERE `state` = 'HELD'""");

        private final String script;

        Job(String script) {
            this.script = script;
        }
    }

    /** Short, so that pauses outlast sessions, too. */
    private static final String OPTIONS = "'connector' = 'zookeeper', 'connect-string' = '%s', 'namespace' = '%s',"
            + " 'session-timeout' = '10 s', 'retry-wait' = '1 s'";

    private static final Pattern SEMICOLON = Pattern.compile(";\\s*");

    private final FlinkCluster cluster;
    private final SqlProcess sql;
    private final String options;
    private final Map<Job, String> ids = new EnumMap<>(Job.class);
    private int upgrades;

    ChaosJobs(FlinkCluster cluster, SqlProcess sql, String connectString, String namespace) {
        this.cluster = cluster;
        this.sql = sql;
        this.options = OPTIONS.formatted(connectString, namespace);
    }

    void submit() {
        for (Job job : Job.values()) {
            submit(job, Map.of());
        }
        awaitRunning();
    }

    /**
     * Stops a job with a savepoint, and goes on from there with another copy of the jar, in a class loader of its own.
     */
    void upgrade(Job job) {
        String savepoint = cluster.rest().stopWithSavepoint(ids.get(job));
        upgrades++;
        submit(
                job,
                Map.of(
                        "execution.state-recovery.path",
                        savepoint,
                        "pipeline.jars",
                        cluster.copyOfJar("upgrade-" + upgrades).toUri().toString()));
    }

    void awaitRunning() {
        ids.values().forEach(cluster.rest()::awaitRunning);
    }

    private void submit(Job job, Map<String, String> settings) {
        Map<String, String> all = new TreeMap<>(settings);
        all.put("table.exec.sink.require-on-conflict", "false");
        all.put("pipeline.name", job.name());
        sql.configure(all);
        String id = "";
        for (String statement :
                SEMICOLON.splitAsStream(job.script.replace("%s", options)).toList()) {
            id = sql.execute(statement);
        }
        ids.put(job, id);
    }
}
