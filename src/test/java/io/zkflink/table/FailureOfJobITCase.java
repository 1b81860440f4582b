// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import io.zkflink.testkit.SharedZooKeeper;
import java.util.Collections;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.util.FlinkException;
import org.apache.flink.util.SerializedThrowable;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a user sees of a job that failed: the web UI shows the outermost failure of the task, the SQL client the
 * innermost.
 */
class FailureOfJobITCase {

    private final String root = SharedZooKeeper.freshRoot();
    private final TableEnvironment sql = SharedMiniCluster.tableEnvironment(1);

    @BeforeEach
    void declareTables() {
        SharedZooKeeper.admin().create(root);
        SharedZooKeeper.admin().create(root + "/bad", "{\"n\":");
        sql.executeSql("CREATE TABLE numbers (k STRING, n INT) WITH ('connector' = 'zookeeper', 'connect-string' = '"
                + SharedZooKeeper.connectString() + root + "', 'path' = '/{k}', 'format' = 'json')");
        sql.executeSql("CREATE TABLE nowhere (k STRING, n INT) WITH ('connector' = 'blackhole')");
    }

    @Test
    void dataThatCannotBeDecoded() throws Exception {
        Throwable failure = failureOf("INSERT INTO nowhere SELECT k, n FROM numbers");
        assertThat(failure.getMessage()).contains("The data of the znode '/bad' (version 0) could not be decoded: ");
        assertThat(innermost(failure)).isSameAs(failure);
    }

    @Test
    void anAclThatDenies() throws Exception {
        SharedZooKeeper.admin()
                .zooKeeper()
                .setACL(root, Collections.singletonList(new ACL(ZooDefs.Perms.ALL, new Id("digest", "nobody:x"))), -1);
        Throwable failure = failureOf("INSERT INTO nowhere SELECT k, n FROM numbers");
        assertThat(failure.getMessage()).contains("ZooKeeper could not").contains("its ACL denies this user");
        assertThat(innermost(failure)).isSameAs(failure);
    }

    @Test
    void aFolderOfTheHistoryThatIsMissing() throws Exception {
        sql.executeSql("CREATE TABLE past (path STRING, data BYTES) WITH ('connector' = 'zookeeper-log', 'log.path' ="
                + " '/nowhere/version-2')");
        Throwable failure = failureOf("INSERT INTO nowhere SELECT path, 1 FROM past");
        assertThat(failure.getMessage()).contains("The folder '/nowhere/version-2' of 'log.path' does not exist.");
    }

    /** The failure of the task, below what Flink says of restarts. */
    private Throwable failureOf(String insert) throws Exception {
        JobID job = sql.executeSql(insert).getJobClient().orElseThrow().getJobID();
        Await.until(
                "the job has failed",
                () -> SharedMiniCluster.cluster().getJobStatus(job).get() == JobStatus.FAILED);
        Throwable failure = SharedMiniCluster.cluster()
                .getExecutionGraph(job)
                .get()
                .getFailureInfo()
                .getException()
                .deserializeError(getClass().getClassLoader());
        assertThat(failure).isInstanceOf(FlinkException.class).hasMessageStartingWith("Recovery is suppressed by");
        return plain(failure.getCause());
    }

    private Throwable plain(Throwable failure) {
        return failure instanceof SerializedThrowable serialized
                ? serialized.deserializeError(getClass().getClassLoader())
                : failure;
    }

    private Throwable innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = plain(cause.getCause());
        }
        return cause;
    }
}
