// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.runtime;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.flink.annotation.Internal;

/**
 * A thread that waits for answers of ZooKeeper, and meanwhile does what other answers lead to.
 *
 * <p>{@link #execute} may be called by any thread; what it is given is done when the one that owns this waits.
 */
@Internal
public final class BlockingExecutor implements Executor {

    private final Duration longest;
    private final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    /** @param longest how long to wait for one answer */
    public BlockingExecutor(Duration longest) {
        this.longest = longest;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** Waits for an answer; one that does not come in time is taken for lost. */
    public <T> T await(CompletableFuture<T> answer) throws IOException, InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        answer.whenComplete((result, error) -> tasks.add(() -> {}));
        while (!answer.isDone()) {
            Runnable task = tasks.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (task == null) {
                throw new ZooKeeperException(
                        Failure.CONNECTION_LOST, "there was no connection for " + longest.toMillis() + " ms.");
            }
            task.run();
            end = System.nanoTime() + longest.toNanos();
        }
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IOException(e.getCause().getMessage(), e.getCause());
        }
    }
}
