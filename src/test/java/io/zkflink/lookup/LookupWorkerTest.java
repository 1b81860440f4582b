// SPDX-License-Identifier: Apache-2.0
package io.zkflink.lookup;

import io.zkflink.testkit.Await;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LookupWorkerTest {

    /** An Error used to leave the worker asleep for ever, and with it all lookups of the task. */
    @Test
    void whateverATaskThrowsTheNextOnesAreDone() throws Exception {
        CompletableFuture<Void> next = new CompletableFuture<>();
        CompletableFuture<Void> later = new CompletableFuture<>();
        CountDownLatch repeated = new CountDownLatch(2);
        try (LookupWorker worker = new LookupWorker("test")) {
            worker.execute(() -> {
                throw new NoClassDefFoundError("a format's class");
            });
            worker.execute(() -> {
                throw new IllegalStateException("a bug");
            });
            worker.execute(() -> next.complete(null));
            Await.result(next);
            worker.execute(() -> later.complete(null));
            Await.result(later);
            worker.repeatedly(Duration.ofMillis(1), () -> {
                repeated.countDown();
                throw new IllegalStateException("a bug");
            });
            repeated.await();
        }
    }
}
