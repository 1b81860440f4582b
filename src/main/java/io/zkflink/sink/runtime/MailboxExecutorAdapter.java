// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.flink.annotation.Internal;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread of a task, for what answers of ZooKeeper lead to: one after the other, each through the task's mailbox,
 * and none after the writer was closed. A writer that has failed fails its task after whatever it did last.
 *
 * <p>{@link #execute} may be called by any thread, all else by the task's.
 */
@Internal
public final class MailboxExecutorAdapter implements Executor {

    private static final Logger LOG = LoggerFactory.getLogger(MailboxExecutorAdapter.class);

    private final MailboxExecutor mailbox;
    private IOException failure;
    private boolean closed;

    public MailboxExecutorAdapter(MailboxExecutor mailbox) {
        this.mailbox = mailbox;
    }

    @Override
    public void execute(Runnable answer) {
        try {
            mailbox.execute(() -> run(answer), "ZooKeeper's answer");
        } catch (RejectedExecutionException e) {
            // The task has ended, and nobody waits for this answer any more.
            LOG.debug("An answer of ZooKeeper came after the end of its task.");
        }
    }

    /** Does what the task's own thread was asked to do, by a timer for example. */
    public void run(Runnable task) throws IOException {
        if (!closed) {
            task.run();
            throwFailure();
        }
    }

    /** Waits for the next answer. */
    public void awaitAnswer() throws IOException, InterruptedException {
        mailbox.yield();
        throwFailure();
    }

    /** Has the task fail; the first cause is the one that is told. */
    public void fail(IOException cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    public void throwFailure() throws IOException {
        if (failure != null) {
            throw failure;
        }
    }

    public void close() {
        closed = true;
    }
}
