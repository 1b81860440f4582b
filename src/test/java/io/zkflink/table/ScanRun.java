// SPDX-License-Identifier: Apache-2.0
package io.zkflink.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.testkit.Await;
import io.zkflink.testkit.SharedMiniCluster;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.types.Row;

/**
 * A query's rows as the source gives them: nothing normalises them on the way, and stopping with a savepoint loses and
 * doubles none. Close it to cancel the job.
 */
final class ScanRun implements AutoCloseable {

    private static final Map<String, List<Row>> ROWS = new ConcurrentHashMap<>();

    private final String id;
    private final JobClient job;

    private ScanRun(String id, JobClient job) {
        this.id = id;
        this.job = job;
    }

    /** The full changelog. */
    static ScanRun all(StreamTableEnvironment sql, String query) {
        return start(sql.toChangelogStream(sql.sqlQuery(query)));
    }

    /** The changelog of a table with a primary key, without -U and with key-only deletes. */
    static ScanRun upsert(StreamTableEnvironment sql, String query, String... key) {
        Schema schema = Schema.newBuilder().primaryKey(key).build();
        return start(sql.toChangelogStream(sql.sqlQuery(query), schema, ChangelogMode.upsert()));
    }

    private static ScanRun start(DataStream<Row> stream) {
        String id = UUID.randomUUID().toString();
        ROWS.put(id, new CopyOnWriteArrayList<>());
        stream.map(new Keep(id)).returns(stream.getType()).setParallelism(1).sinkTo(new DiscardingSink<>());
        try {
            return new ScanRun(id, stream.getExecutionEnvironment().executeAsync());
        } catch (Exception e) {
            throw new AssertionError("The job was not accepted", e);
        }
    }

    List<Row> copy() {
        return List.copyOf(ROWS.get(id));
    }

    /** As {@code +[a, 1]} and {@code -[a, 1]}: whether an update or an insert is the planner's business. */
    List<String> rows() {
        failIfDead();
        return copy().stream()
                .map(Row::toString)
                .map(row -> row.charAt(0) + row.substring(2))
                .toList();
    }

    /** As {@code +U[a, 1]}. */
    List<String> exactRows() {
        failIfDead();
        return copy().stream().map(Row::toString).toList();
    }

    void awaitRows(String... expected) {
        Await.untilAsserted("the rows are as expected", () -> assertThat(rows()).containsExactly(expected));
    }

    void awaitExactRows(String... expected) {
        Await.untilAsserted(
                "the rows are as expected", () -> assertThat(exactRows()).containsExactly(expected));
    }

    void awaitRowsInAnyOrder(List<String> expected) {
        Await.untilAsserted(
                "the rows are as expected", () -> assertThat(rows()).containsExactlyInAnyOrderElementsOf(expected));
    }

    String stopWithSavepoint(String directory) {
        SharedMiniCluster.awaitDeployed(job.getJobID());
        String savepoint = Await.result(job.stopWithSavepoint(false, directory, SavepointFormatType.CANONICAL));
        Await.until("the job has ended", () -> status().isGloballyTerminalState());
        return savepoint;
    }

    Throwable awaitFailure() {
        Await.until("the job has failed", () -> status() == JobStatus.FAILED);
        return Await.failure(job.getJobExecutionResult());
    }

    boolean isRunning() {
        return status() == JobStatus.RUNNING;
    }

    private JobStatus status() {
        return Await.result(job.getJobStatus());
    }

    private void failIfDead() {
        if (status() == JobStatus.FAILED) {
            throw new IllegalStateException("The job failed", Await.failure(job.getJobExecutionResult()));
        }
    }

    @Override
    public void close() {
        if (!status().isGloballyTerminalState()) {
            Await.result(job.cancel());
            Await.until("the job has ended", () -> status().isGloballyTerminalState());
        }
    }

    private record Keep(String id) implements MapFunction<Row, Row> {
        @Override
        public Row map(Row row) {
            ROWS.get(id).add(Row.copy(row));
            return row;
        }
    }
}
