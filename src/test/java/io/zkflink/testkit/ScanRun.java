// SPDX-License-Identifier: Apache-2.0
package io.zkflink.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.state.FunctionInitializationContext;
import org.apache.flink.runtime.state.FunctionSnapshotContext;
import org.apache.flink.streaming.api.checkpoint.CheckpointedFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.ExceptionUtils;

/**
 * A query's rows as the source gives them: nothing normalises them on the way, and neither a savepoint nor a failover
 * loses or doubles any. Close it to cancel the job.
 */
public final class ScanRun implements AutoCloseable {

    /** What Flink says of a savepoint for which a task is not ready. */
    private static final List<String> DECLINED =
            List.of("declined", "Task local checkpoint failure", "is not being executed at the moment");

    private static final Map<String, Rows> ROWS = new ConcurrentHashMap<>();

    private final String id;
    private final JobClient job;

    private ScanRun(String id, JobClient job) {
        this.id = id;
        this.job = job;
    }

    /** The full changelog. */
    public static ScanRun all(StreamTableEnvironment sql, String query) {
        return start(sql.toChangelogStream(sql.sqlQuery(query)));
    }

    /** The changelog of a table with a primary key, without -U and with key-only deletes. */
    public static ScanRun upsert(StreamTableEnvironment sql, String query, String... key) {
        Schema schema = Schema.newBuilder().primaryKey(key).build();
        return start(sql.toChangelogStream(sql.sqlQuery(query), schema, ChangelogMode.upsert()));
    }

    private static ScanRun start(DataStream<Row> stream) {
        String id = UUID.randomUUID().toString();
        ROWS.put(id, new Rows());
        stream.map(new Keep(id))
                .returns(stream.getType())
                .setParallelism(1)
                .uid("keep")
                .sinkTo(new DiscardingSink<>())
                .uid("discard");
        try {
            return new ScanRun(id, stream.getExecutionEnvironment().executeAsync());
        } catch (Exception e) {
            throw new AssertionError("The job was not accepted", e);
        }
    }

    public List<Row> copy() {
        return ROWS.get(id).copy();
    }

    /** As {@code +[a, 1]} and {@code -[a, 1]}: whether an update or an insert is the planner's business. */
    public List<String> rows() {
        failIfDead();
        return copy().stream()
                .map(Row::toString)
                .map(row -> row.charAt(0) + row.substring(2))
                .toList();
    }

    /** As {@code +U[a, 1]}. */
    public List<String> exactRows() {
        failIfDead();
        return copy().stream().map(Row::toString).toList();
    }

    public void awaitRows(String... expected) {
        Await.untilAsserted("the rows are as expected", () -> assertThat(rows()).containsExactly(expected));
    }

    public void awaitExactRows(String... expected) {
        Await.untilAsserted(
                "the rows are as expected", () -> assertThat(exactRows()).containsExactly(expected));
    }

    public void awaitRowsInAnyOrder(List<String> expected) {
        Await.untilAsserted(
                "the rows are as expected", () -> assertThat(rows()).containsExactlyInAnyOrderElementsOf(expected));
    }

    /** The rows that are there, without their kind. */
    List<String> table() {
        failIfDead();
        List<String> table = new ArrayList<>();
        for (Row row : copy()) {
            String text = row.toString().substring(2);
            if (row.getKind() == RowKind.INSERT || row.getKind() == RowKind.UPDATE_AFTER) {
                table.add(text);
            } else {
                assertThat(table.remove(text)).as("%s after %s", row, table).isTrue();
            }
        }
        return table;
    }

    public void awaitTable(String... expected) {
        Await.untilAsserted(
                "the table is as expected", () -> assertThat(table()).containsExactlyInAnyOrder(expected));
    }

    /** Flink declines a savepoint while a task is on its way, which after a failure it may be at any time. */
    public String stopWithSavepoint(String directory) {
        AtomicReference<String> savepoint = new AtomicReference<>();
        Await.until("a savepoint is taken", () -> {
            SharedMiniCluster.awaitDeployed(job.getJobID());
            try {
                savepoint.set(job.stopWithSavepoint(false, directory, SavepointFormatType.CANONICAL)
                        .get());
                return true;
            } catch (ExecutionException e) {
                if (DECLINED.stream().allMatch(reason -> ExceptionUtils.findThrowableWithMessage(e, reason)
                        .isEmpty())) {
                    throw e;
                }
                return false;
            }
        });
        Await.until("the job has ended", () -> status().isGloballyTerminalState());
        return savepoint.get();
    }

    public Throwable awaitFailure() {
        Await.until("the job has failed", () -> status() == JobStatus.FAILED);
        return Await.failure(job.getJobExecutionResult());
    }

    public JobID job() {
        return job.getJobID();
    }

    public boolean isRunning() {
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

    /** What a run has given so far, by its last attempt and what is certain of those before. */
    private static final class Rows {
        private final List<Row> rows = new ArrayList<>();
        private Keep writer;

        synchronized void begin(Keep attempt, int certain) {
            writer = attempt;
            rows.subList(certain, rows.size()).clear();
        }

        /** An attempt that was killed may not know it yet. */
        synchronized void add(Keep attempt, Row row) {
            if (writer == attempt) {
                rows.add(row);
            }
        }

        synchronized int size() {
            return rows.size();
        }

        synchronized List<Row> copy() {
            return List.copyOf(rows);
        }
    }

    /** Takes back after a failover what came after the checkpoint. A restore of a savepoint is a new run, and empty. */
    private static final class Keep implements MapFunction<Row, Row>, CheckpointedFunction {
        private final String id;
        private transient ListState<String> certain;

        Keep(String id) {
            this.id = id;
        }

        @Override
        public void initializeState(FunctionInitializationContext context) throws Exception {
            certain = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("certain", Types.STRING));
            int size = 0;
            for (String entry : certain.get()) {
                size = entry.startsWith(id) ? Integer.parseInt(entry.substring(id.length())) : size;
            }
            ROWS.get(id).begin(this, size);
        }

        @Override
        public void snapshotState(FunctionSnapshotContext context) throws Exception {
            certain.update(List.of(id + ROWS.get(id).size()));
        }

        @Override
        public Row map(Row row) {
            ROWS.get(id).add(this, Row.copy(row));
            return row;
        }
    }
}
