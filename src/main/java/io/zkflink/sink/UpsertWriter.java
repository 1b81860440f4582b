// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink;

import io.zkflink.client.ZooKeeperClient;
import io.zkflink.metrics.SinkMetric;
import io.zkflink.metrics.SinkMetrics;
import io.zkflink.row.RecordEncoder;
import io.zkflink.row.RowWrite;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.api.connector.sink2.SinkWriter;

/**
 * Writes rows at least once, in batches.
 *
 * <p>While nothing is under way a row leaves at once; otherwise rows gather until a request is full or the oldest has
 * waited long enough. A batch whose connection broke is sent again until {@code patience} is over; its znodes wait
 * meanwhile, so that nothing overtakes it. Every checkpoint, and the end of the input, wait until all is written.
 *
 * <p>Flink's {@code AsyncSinkWriter} would not do: it keeps no order between retried and later entries of one key, and
 * collapses nothing.
 *
 * <p>Everything happens on the task thread: answers come to it through its mailbox.
 */
final class UpsertWriter<T> implements SinkWriter<T> {

    private final GuardedClient client;
    private final RecordEncoder<T> encoder;
    private final SinkSettings settings;
    private final Patience patience;
    private final Guard guard;
    private final TaskThread thread;
    private final ProcessingTimeService time;
    private final SinkMetrics metrics;

    private final PendingRows pending;
    private final KnownZNodes known = new KnownZNodes();
    /** Deletions that wait for the children of their znode to go, unless a newer row of the same znode comes. */
    private final Map<String, RowWrite> notEmpty = new LinkedHashMap<>();

    private int inFlight;
    private boolean timing;

    /** What a writer needs of Flink. */
    record Surroundings(MailboxExecutor mailbox, ProcessingTimeService time, SinkMetrics metrics) {}

    UpsertWriter(
            ZooKeeperClient client,
            RecordEncoder<T> encoder,
            SinkSettings settings,
            Patience patience,
            Guard guard,
            Surroundings surroundings) {
        this.client = new GuardedClient(client, guard::writes);
        this.encoder = encoder;
        this.settings = settings;
        this.patience = patience;
        this.pending = new PendingRows(settings.rows().acl());
        this.guard = guard;
        this.thread = new TaskThread(surroundings.mailbox());
        this.time = surroundings.time();
        this.metrics = surroundings.metrics();
        metrics.gauge(SinkMetric.IN_FLIGHT, () -> inFlight);
        metrics.gauge(SinkMetric.BUFFERED, pending::size);
    }

    @Override
    public void write(T record, Context context) throws IOException, InterruptedException {
        thread.throwFailure();
        RowWrite write = encoder.write(record);
        if (write == null) {
            return;
        }
        notEmpty.remove(write.path());
        pending.add(write);
        send(false);
        while (isFull()) {
            thread.awaitAnswer();
        }
    }

    private boolean isFull() {
        SinkSettings.Batching batching = settings.batching();
        return pending.size() >= batching.maxBuffered() || pending.bytes() >= batching.maxBufferedBytes();
    }

    @Override
    public void flush(boolean endOfInput) throws IOException, InterruptedException {
        int left = Integer.MAX_VALUE;
        do {
            send(true);
            while (inFlight > 0 || !pending.isEmpty()) {
                thread.awaitAnswer();
                send(true);
            }
            // Those that could not be deleted may be by now, unless none of them could be in a whole round.
            if (!notEmpty.isEmpty() && notEmpty.size() >= left) {
                throw new IOException(
                        RefusedRow.notEmpty(notEmpty.keySet().iterator().next()));
            }
            left = notEmpty.size();
            notEmpty.values().forEach(pending::add);
            notEmpty.clear();
        } while (left > 0);
    }

    @Override
    public void close() {
        thread.close();
        client.close();
    }

    /** Sends what may be sent. */
    private void send(boolean all) {
        SinkSettings.Batching batching = settings.batching();
        while (inFlight < batching.maxInFlight()
                && pending.hasReady()
                && (all || inFlight == 0 || pending.fills(batching.maxSize(), batching.maxBytes()))) {
            List<RowWrite> rows = pending.take(batching.maxSize(), batching.maxBytes());
            BatchWrite batch = new BatchWrite(client, settings.rows(), known, metrics, true, thread, rows);
            inFlight++;
            attempt(new Sending(batch, rows, time.getCurrentProcessingTime()));
        }
        if (pending.hasReady() && !timing) {
            timing = true;
            time.registerTimer(
                    time.getCurrentProcessingTime() + batching.timeout().toMillis(), now -> {
                        timing = false;
                        send(true);
                    });
        }
    }

    /** A batch under way. */
    private record Sending(BatchWrite batch, List<RowWrite> rows, long since) {}

    private void attempt(Sending sending) {
        sending.batch.write().whenComplete((none, error) -> {
            long took = time.getCurrentProcessingTime() - sending.since;
            if (error == null) {
                metrics.sent(took);
                inFlight--;
                pending.release(sending.rows);
                for (RowWrite row : sending.batch.notEmpty()) {
                    if (!pending.isWaiting(row.path())) {
                        notEmpty.put(row.path(), row);
                    }
                }
                send(false);
                return;
            }
            Optional<IOException> end = patience.end(sending.batch, sending.rows, error, took);
            if (end.isEmpty()) {
                metrics.count(SinkMetric.RETRIES);
                long wait = patience.waitMillis(sending.batch.failures());
                time.registerTimer(time.getCurrentProcessingTime() + wait, now -> attempt(sending));
            } else {
                metrics.failed(sending.rows.size());
                thread.fail(error instanceof GuardException ? guard.lost(end.get()) : end.get());
            }
        });
    }

    /** Has the task fail; by any thread. */
    void fail(IOException cause) {
        thread.execute(() -> thread.fail(cause));
    }
}
