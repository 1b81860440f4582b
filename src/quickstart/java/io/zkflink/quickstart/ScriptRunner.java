// SPDX-License-Identifier: Apache-2.0
package io.zkflink.quickstart;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.ResultKind;
import org.apache.flink.table.operations.Operation;
import org.apache.flink.table.operations.QueryOperation;
import org.apache.flink.table.operations.command.ResetOperation;
import org.apache.flink.table.operations.command.SetOperation;

/**
 * Runs the statements of a script one after another. Bounded jobs are awaited, a streaming SELECT prints for a while,
 * streaming INSERTs run on behind what follows, and for the same while if nothing follows that could show what they do.
 * The first failure ends the script.
 *
 * <p>Everything happens on the calling thread.
 */
final class ScriptRunner implements AutoCloseable {

    private final Duration streaming;
    private final Console console;
    private final SqlSession session = new SqlSession();
    private final Jobs inserts = new Jobs();

    /** True from the start of a streaming INSERT to the next streaming SELECT. */
    private boolean unwatched;

    ScriptRunner(Duration streaming, Console console) {
        this.streaming = streaming;
        this.console = console;
    }

    void run(SqlScript script) throws Exception {
        for (SqlScript.Statement statement : script.statements()) {
            console.statement(statement);
            try {
                run(statement.sql());
                inserts.check();
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | LinkageError e) {
                throw new IllegalStateException("The statement at line " + statement.line() + " failed.", e);
            }
        }
        if (unwatched) {
            inserts.await(new Progress(console, "the INSERT", Optional.of(streaming)));
        }
    }

    @Override
    public void close() throws IOException {
        try (session) {
            inserts.close();
        }
    }

    private void run(String sql) throws Exception {
        Operation operation = session.parse(sql);
        if (operation instanceof SetOperation set) {
            set(set);
        } else if (operation instanceof ResetOperation reset) {
            reset.getKey().map(List::of).orElseGet(session::changedKeys).forEach(session::reset);
        } else {
            SqlSession.Outcome outcome = session.execute(operation);
            if (operation instanceof QueryOperation) {
                show(outcome);
            } else if (outcome.result().getJobClient().isPresent()) {
                insert(outcome.result().getJobClient().get(), outcome.bounded());
            } else if (outcome.result().getResultKind() == ResultKind.SUCCESS_WITH_CONTENT) {
                ChangelogPrinter.printAll(console.out(), outcome.result());
            }
        }
    }

    private void set(SetOperation set) {
        if (set.getKey().isPresent() && set.getValue().isPresent()) {
            session.set(set.getKey().get(), set.getValue().get());
        } else {
            session.changedKeys().forEach(key -> console.note("'" + key + "' = '" + session.get(key) + "'"));
        }
    }

    private void show(SqlSession.Outcome outcome) throws Exception {
        ChangelogPrinter table =
                new ChangelogPrinter(console.out(), outcome.result(), session.widestColumn(), session.isStreaming());
        Progress progress = outcome.bounded()
                ? new Progress(console, "rows", Optional.empty())
                : new Progress(console, "changes", Optional.of(streaming));
        unwatched &= outcome.bounded();
        table.header();
        try (RunningQuery query = new RunningQuery(outcome.result())) {
            boolean more = true;
            while (more && !progress.isOver()) {
                Optional<RunningQuery.Event> event = query.next(progress.timeout());
                if (event.isEmpty()) {
                    progress.waited();
                } else if (event.get() instanceof RunningQuery.RowArrived arrived) {
                    table.row(arrived.row());
                    progress.heard();
                } else if (event.get() instanceof RunningQuery.Failed failed) {
                    throw failed.cause();
                } else {
                    more = false;
                }
            }
        }
        table.footer();
    }

    private void insert(JobClient job, boolean bounded) throws Exception {
        if (bounded) {
            Jobs.await(job.getJobExecutionResult(), new Progress(console, "the INSERT to end", Optional.empty()));
        } else {
            inserts.add(job);
            unwatched = true;
            console.note("Runs behind the rest of the script.");
        }
    }
}
