// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNodeWrite;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Deletes what is below a znode, deepest first, in batches. Others may create children meanwhile: it lists again, but
 * not for ever.
 *
 * <p>These requests come before the one that deletes the znode itself, and are none of its transaction.
 *
 * <p>Names may hold any character, braces too, so that a path template could not say what to walk.
 */
final class SubtreeDeletion {

    private static final int MAX_ROUNDS = 10;
    private static final int BATCH = 500;
    private static final int BATCH_BYTES = 256 * 1024;

    private final GuardedClient client;
    private final Executor thread;
    private final Runnable progress;

    /** @param progress told of each request that has succeeded */
    SubtreeDeletion(GuardedClient client, Executor thread, Runnable progress) {
        this.client = client;
        this.thread = thread;
        this.progress = progress;
    }

    /** True if nothing was below the znode in the end. */
    CompletableFuture<Boolean> deleteBelow(String path) {
        return round(path, MAX_ROUNDS);
    }

    private CompletableFuture<Boolean> round(String path, int rounds) {
        if (rounds == 0) {
            return CompletableFuture.completedFuture(false);
        }
        Deque<String> deepestFirst = new ArrayDeque<>();
        return list(List.of(path), deepestFirst)
                .thenComposeAsync(none -> delete(deepestFirst), thread)
                .thenComposeAsync(
                        all -> all ? CompletableFuture.completedFuture(true) : round(path, rounds - 1), thread);
    }

    /** Lists level by level. */
    private CompletableFuture<Void> list(List<String> level, Deque<String> deepestFirst) {
        List<CompletableFuture<Optional<List<String>>>> answers =
                level.stream().map(client::children).toList();
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenComposeAsync(
                        none -> {
                            progress.run();
                            List<String> next = new ArrayList<>();
                            for (int i = 0; i < level.size(); i++) {
                                String parent = level.get(i);
                                answers.get(i)
                                        .join()
                                        .ifPresent(names -> names.forEach(name -> next.add(parent + "/" + name)));
                            }
                            next.forEach(deepestFirst::addFirst);
                            return next.isEmpty() ? CompletableFuture.completedFuture(null) : list(next, deepestFirst);
                        },
                        thread);
    }

    /** True if all could be deleted; false if somebody was faster, or has created more. */
    private CompletableFuture<Boolean> delete(Deque<String> deepestFirst) {
        List<ZNodeWrite> batch = new ArrayList<>();
        for (int bytes = 0; !deepestFirst.isEmpty() && batch.size() < BATCH && bytes < BATCH_BYTES; ) {
            ZNodeWrite deletion = new ZNodeWrite.Delete(deepestFirst.poll(), ZNodeWrite.ANY_VERSION);
            batch.add(deletion);
            bytes += deletion.bytes();
        }
        if (batch.isEmpty()) {
            return CompletableFuture.completedFuture(true);
        }
        return client.write(batch)
                .thenComposeAsync(
                        refusal -> {
                            progress.run();
                            Failure failure = refusal.map(WriteRefusal::failure).orElse(null);
                            if (failure == null) {
                                return delete(deepestFirst);
                            }
                            return failure == Failure.NO_NODE || failure == Failure.NOT_EMPTY
                                    ? CompletableFuture.completedFuture(false)
                                    : CompletableFuture.failedFuture(
                                            refusal.get().cause());
                        },
                        thread);
    }
}
