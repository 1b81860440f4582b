// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import io.zkflink.sink.batch.BatchContext;
import io.zkflink.sink.batch.BatchResult;
import io.zkflink.sink.batch.BatchWrite;
import io.zkflink.sink.batch.BatchedRow;
import io.zkflink.sink.batch.Guard;
import io.zkflink.sink.batch.GuardException;
import io.zkflink.sink.batch.GuardedClient;
import io.zkflink.sink.batch.KnownZNodes;
import io.zkflink.sink.batch.PathQueue;
import io.zkflink.sink.batch.RefusedRow;
import io.zkflink.sink.batch.RetryPolicy;
import io.zkflink.sink.runtime.MailboxExecutorAdapter;
import io.zkflink.sink.runtime.SinkMetric;
import io.zkflink.sink.runtime.SinkMetrics;
import io.zkflink.sink.runtime.TaskTimer;
import io.zkflink.sink.settings.SinkSettings;
import io.zkflink.sink.transaction.WaitingRemovals;
import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;

/**
 * Writes rows at least once, in batches.
 *
 * <p>While nothing is in flight a row leaves at once; otherwise rows gather until a request is full or the oldest has
 * waited long enough. A batch whose connection broke is sent again until its {@link RetryPolicy} gives up; its znodes
 * wait meanwhile, so that nothing overtakes it. Every checkpoint, and the end of the input, wait until all is written.
 *
 * <p>A removal whose znode has children waits until they are gone, too: those that the query removes as well may come
 * behind the next checkpoint barrier. So it may wait over one checkpoint, in the writer's state, and for as long as a
 * request may take; then it fails the task. But if a later row puts something below its znode, the znode stays, without
 * data: as the parent that it would be if it had been removed, and created again on the way. That is what a row meets
 * which is written again after a failure.
 *
 * <p>Flink's {@code AsyncSinkWriter} would not do: it keeps no order between retried and later entries of one key, and
 * collapses nothing.
 *
 * <p>Everything happens on the task thread: answers come to it through its mailbox.
 */
final class UpsertWriter<T> implements StatefulSinkWriter<T, WaitingRemovals> {

    private final GuardedClient client;
    private final RecordEncoder<T> encoder;
    private final SinkSettings settings;
    private final RetryPolicy retries;
    private final Guard guard;
    private final MailboxExecutorAdapter thread;
    private final TaskTimer timer;
    private final SinkMetrics metrics;

    private final PathQueue<BatchedRow> queue;
    private final BatchContext batches;

    private final Set<Sending> inFlight = new LinkedHashSet<>();
    private boolean timing;

    /** How often removals were tried again since some wait for their znode to be empty. */
    private int parkedTries;

    private boolean timingParked;

    private final AnswerDeadline answers;

    /** What a writer needs of Flink. */
    record WriterContext(MailboxExecutor mailbox, ProcessingTimeService time, SinkMetrics metrics) {}

    UpsertWriter(
            ZooKeeperClient client,
            RecordEncoder<T> encoder,
            SinkSettings settings,
            RetryPolicy retries,
            Guard guard,
            WriterContext writerContext) {
        this.client = new GuardedClient(client, guard::writes);
        this.encoder = encoder;
        this.settings = settings;
        this.retries = retries;
        this.queue = new PathQueue<>(settings.rows().deleteChildren());
        this.guard = guard;
        this.thread = new MailboxExecutorAdapter(writerContext.mailbox());
        this.timer = new TaskTimer(thread, writerContext.time());
        this.answers = new AnswerDeadline(timer, retries.total().toMillis(), () -> !inFlight.isEmpty(), this::noAnswer);
        this.metrics = writerContext.metrics();
        this.batches = new BatchContext(
                this.client, settings.rows().rules(), retries, new KnownZNodes(), metrics, this::execute);
        metrics.gauge(SinkMetric.IN_FLIGHT, inFlight::size);
        metrics.gauge(SinkMetric.BUFFERED, queue::size);
    }

    @Override
    public void write(T record, Context context) throws IOException, InterruptedException {
        thread.throwFailure();
        RowWrite write = encoder.write(record);
        if (write == null) {
            return;
        }
        queue.add(new BatchedRow(write, settings.rows().acl()));
        send(false);
        while (isFull()) {
            thread.awaitAnswer();
        }
    }

    private boolean isFull() {
        SinkSettings.Batching batching = settings.batching();
        return queue.holds(batching.maxBuffered()) || queue.bytes() >= batching.maxBufferedBytes();
    }

    /** Goes on with the removals that waited at the checkpoint that is restored. */
    void restore(Collection<WaitingRemovals> states) {
        for (WaitingRemovals state : states) {
            for (String path : state.paths()) {
                queue.add(new BatchedRow(
                        new RowWrite.Remove(path), settings.rows().acl()));
            }
        }
        send(true);
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
        sendAll();
        int left = Integer.MAX_VALUE;
        // Others may have made removals possible by now, unless none of them was in a whole round.
        for (int parked = parked(); parked > 0 && parked < left; parked = parked()) {
            left = parked;
            queue.unparkAll();
            sendAll();
        }
        for (BatchedRow removal : queue.parked()) {
            if (endOfInput || !removal.tryWaitOverCheckpoint()) {
                throw new IOException(RefusedRow.notEmpty(removal.path()));
            }
        }
    }

    private int parked() {
        return queue.parked().size();
    }

    @Override
    public List<WaitingRemovals> snapshotState(long checkpointId) {
        return WaitingRemovals.of(
                null, queue.parked().stream().map(BatchedRow::path).toList());
    }

    private void sendAll() throws IOException, InterruptedException {
        send(true);
        while (!inFlight.isEmpty() || !queue.isEmpty()) {
            thread.awaitAnswer();
            send(true);
        }
    }

    @Override
    public void close() {
        thread.close();
        client.close();
    }

    /** Sends what may be sent. */
    private void send(boolean all) {
        SinkSettings.Batching batching = settings.batching();
        while (inFlight.size() < batching.maxInFlight()
                && queue.hasReady()
                && (all || inFlight.isEmpty() || queue.fills(batching.maxSize(), batching.maxBytes()))) {
            List<BatchedRow> rows = queue.take(batching.maxSize(), batching.maxBytes());
            if (rows.isEmpty()) {
                return;
            }
            Sending sending = new Sending(new BatchWrite(batches, true, rows), rows, timer.now());
            inFlight.add(sending);
            attempt(sending);
            answers.watch();
        }
        if (queue.hasReady() && !timing) {
            timing = true;
            timer.later(batching.timeout().toMillis(), () -> {
                timing = false;
                send(true);
            });
        }
    }

    /** A batch in flight. */
    private static final class Sending {
        private final BatchWrite batch;
        private final List<BatchedRow> rows;
        private final long since;

        Sending(BatchWrite batch, List<BatchedRow> rows, long since) {
            this.batch = batch;
            this.rows = rows;
            this.since = since;
        }
    }

    private void attempt(Sending sending) {
        sending.batch.write().whenComplete((result, none) -> {
            try {
                if (result instanceof BatchResult.Written written) {
                    written(sending, written.notEmpty());
                } else if (result instanceof BatchResult.Retry retry) {
                    metrics.count(SinkMetric.RETRIES);
                    timer.later(retry.afterMillis(), () -> attempt(sending));
                } else {
                    IOException cause = ((BatchResult.Failed) result).cause();
                    metrics.failed(sending.rows.size());
                    thread.fail(cause instanceof GuardException ? guard.lost(cause) : cause);
                }
            } catch (Throwable e) {
                thread.fail(new IOException("The writer has failed: " + e, e));
            }
        });
    }

    private void written(Sending sending, List<BatchedRow> notEmpty) {
        metrics.sent(timer.now() - sending.since);
        inFlight.remove(sending);
        queue.release(sending.rows, notEmpty);
        for (BatchedRow removal : notEmpty) {
            removal.waitsSince(timer.now());
        }
        send(false);
        tryParkedLater();
    }

    private void tryParkedLater() {
        if (queue.hasParked() && !timingParked) {
            timingParked = true;
            timer.later(retries.waitMillis(++parkedTries), this::tryParked);
        }
    }

    /** Without checkpoints nobody else would ask for another try. */
    private void tryParked() {
        timingParked = false;
        if (!queue.hasParked()) {
            parkedTries = 0;
            return;
        }
        for (BatchedRow removal : queue.parked()) {
            if (timer.now() - removal.waitsSince() >= retries.total().toMillis()) {
                thread.fail(new IOException(RefusedRow.notEmpty(removal.path())));
            }
        }
        queue.unparkAll();
        send(true);
    }

    private void noAnswer(long silence) {
        List<BatchedRow> rows = inFlight.iterator().next().rows;
        thread.fail(new IOException(RefusedRow.gaveUp(
                rows.size(),
                rows.get(0).path(),
                silence,
                new ZooKeeperException(Failure.CONNECTION_LOST, "there was no answer of the server."))));
    }

    private void execute(Runnable answer) {
        thread.execute(() -> {
            answers.answered();
            answer.run();
        });
    }

    /** Has the task fail; by any thread. */
    void fail(IOException cause) {
        thread.execute(() -> thread.fail(cause));
    }
}
