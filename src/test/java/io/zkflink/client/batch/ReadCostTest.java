// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.zkflink.client.ConnectionSettings;
import io.zkflink.client.ZNode;
import io.zkflink.testkit.Allocated;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.zookeeper.AsyncCallback;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;
import org.junit.jupiter.api.Test;

/**
 * What a read costs, of a scan and of a lookup that caches nothing: in bytes that are allocated from the question to the
 * znode, without what ZooKeeper's client takes. The bound is a fifth above what was seen.
 */
class ReadCostTest {

    private static final int READS = 100_000;
    private static final int DATA_BYTES = 100;

    private final ReadBatcher batcher = new ReadBatcher(ConnectionSettings.of("localhost:1"));
    private final ReadBatcher.Queue queue = batcher.newQueue();

    @Test
    void readsAllocateLittle() throws Exception {
        String[] paths = new String[READS];
        for (int i = 0; i < READS; i++) {
            paths[i] = "/r/" + i;
        }
        Handle handle = new Handle();
        try {
            batcher.connected(handle);
            readAll(handle, paths);

            long perRead = Allocated.bytesPerRow(READS, () -> readAll(handle, paths));

            assertThat(perRead).as("bytes per read").isBetween((long) DATA_BYTES, 520L);
        } finally {
            handle.close();
        }
    }

    private void readAll(Handle handle, String[] paths) throws Exception {
        CompletableFuture<Optional<ZNode>> last = null;
        for (String path : paths) {
            last = queue.data(path, path);
        }
        while (!last.isDone()) {
            handle.answer();
        }
        assertThat(last.get()).isPresent();
    }

    private static final class Handle extends ZooKeeper {
        private static final OpResult FOUND = new OpResult.GetDataResult(new byte[DATA_BYTES], new Stat());

        private final ArrayDeque<Runnable> answers = new ArrayDeque<>();

        Handle() throws IOException {
            super("localhost:1", 1_000, event -> {});
        }

        void answer() {
            answers.poll().run();
        }

        @Override
        public void multi(Iterable<Op> ops, AsyncCallback.MultiCallback callback, Object context) {
            List<OpResult> results = new ArrayList<>();
            ops.forEach(op -> results.add(FOUND));
            answers.add(() -> callback.processResult(0, null, context, results));
        }

        @Override
        public void getData(String path, boolean watch, AsyncCallback.DataCallback callback, Object context) {
            answers.add(() -> callback.processResult(0, path, context, new byte[DATA_BYTES], new Stat()));
        }
    }
}
