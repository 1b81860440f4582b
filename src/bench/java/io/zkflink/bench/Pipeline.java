// SPDX-License-Identifier: Apache-2.0
package io.zkflink.bench;

import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.ZooKeeperAdmin;
import io.zkflink.testkit.ZooKeeperProcess;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.api.TableEnvironment;

/**
 * Whole SQL pipelines that read or write one table of a server.
 *
 * @param server whose processor time counts
 * @param options of the table, as in SQL, with which server to connect to among them
 */
record Pipeline(ZooKeeperProcess server, String options) {

    private static final int CHILDREN = 100;
    private static final int REQUEST_BYTES = 800_000;

    static Pipeline on(ZooKeeperProcess server) {
        return new Pipeline(server, "'connect-string' = '" + server.connectString() + "'");
    }

    /** How many payloads fit into a request that servers accept. */
    static int opsPerRequest(int bytes, int most) {
        return Math.max(1, Math.min(most, REQUEST_BYTES / bytes));
    }

    /** Makes the znodes that {@link #read} reads. */
    static void fill(ZooKeeperAdmin zk, String root, int rows, int bytes) {
        String payload = "x".repeat(bytes);
        Map<String, String> some = new LinkedHashMap<>();
        for (int i = 0; i < rows; i++) {
            some.put(root + "/" + i / CHILDREN + "/" + i % CHILDREN, payload);
            // A batch of the kit's must fit into one request.
            if (some.size() == opsPerRequest(bytes, CHILDREN)) {
                zk.createAll(some);
                some.clear();
            }
        }
        zk.createAll(some);
    }

    /** Reads what is two levels below a root, once; without what a job takes that reads nothing. */
    Timing.Usage read(String root) throws Exception {
        Timing.Usage nothing = scan("/nothing" + root);
        return scan(root).minus(nothing);
    }

    private Timing.Usage scan(String root) throws Exception {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("CREATE TABLE t (a STRING, b STRING, v STRING) WITH ('connector' = 'zookeeper', " + options
                + ", 'path' = '" + root + "/{a}/{b}', 'scan.bounded.mode' = 'snapshot')");
        sql.executeSql("CREATE TABLE nothing (a STRING, b STRING, v STRING) WITH ('connector' = 'blackhole')");
        return Timing.usage(server, () -> sql.executeSql("INSERT INTO nothing SELECT a, b, v FROM t")
                .await());
    }

    /** Writes new znodes, their names numbers from 1; without what a job takes that writes nothing. */
    Timing.Usage write(String root, int rows, int bytes) throws Exception {
        Timing.Usage nothing = insert(root, 0, bytes);
        return insert(root, rows, bytes).minus(nothing);
    }

    private Timing.Usage insert(String root, int rows, int bytes) throws Exception {
        TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);
        sql.executeSql("CREATE TABLE numbers (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',"
                + " 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '" + Math.max(rows, 1)
                + "')");
        sql.executeSql("CREATE TABLE t (k INT, v STRING) WITH ('connector' = 'zookeeper', " + options + ", 'path' = '"
                + root + "/{k}')");
        return Timing.usage(server, () -> sql.executeSql("INSERT INTO t SELECT i, REPEAT('x', " + bytes
                        + ") FROM numbers" + (rows == 0 ? " WHERE i < 0" : ""))
                .await());
    }
}
