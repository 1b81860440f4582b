// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Content;
import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.PathTemplate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.flink.annotation.Internal;

/**
 * Reads a subtree's rows once. Not atomic: each znode is as it was at some moment between call and result, and one that
 * was created or deleted in between may or may not be among them.
 *
 * <p>Driven by whichever thread completes its reads; takes one step at a time, with a bounded number of reads under
 * way.
 */
@Internal
public final class SubtreeRead {

    private static final int MAX_READS = 2_000;

    private final ZooKeeperClient client;
    private final Content content;
    private final SubtreeWalk walk;
    private final List<ZNode> found = new ArrayList<>();
    /** What to do with answers, for the thread whose turn it is. */
    private final Queue<Runnable> arrived = new ConcurrentLinkedQueue<>();
    /** How often a thread has wanted to go on since the one whose turn it is began. */
    private final AtomicInteger turns = new AtomicInteger();

    private final CompletableFuture<List<ZNode>> result = new CompletableFuture<>();
    private int reads;

    private SubtreeRead(ZooKeeperClient client, PathTemplate template, Content content) {
        this.client = client;
        this.content = content;
        this.walk = new SubtreeWalk(template);
    }

    /**
     * Starts reading; fails with the first read that fails.
     *
     * @param content what is read of each znode
     */
    public static CompletableFuture<List<ZNode>> start(ZooKeeperClient client, PathTemplate template, Content content) {
        SubtreeRead read = new SubtreeRead(client, template, content);
        read.advance();
        return read.result;
    }

    /** A znode, or where keys are enough, one of which nothing but its existence is known. */
    public static CompletableFuture<Optional<ZNode>> one(ZooKeeperClient client, String path, Content content) {
        return content.isKeys()
                ? client.exists(path)
                        .handle((exists, error) -> exists(exists, error) ? existing(path) : Optional.empty())
                : content.read(client, path);
    }

    private static Optional<ZNode> existing(String path) {
        return Optional.of(ZNode.existing(path));
    }

    /** Whoever is denied an answer knows that the znode is there. */
    private static boolean exists(Boolean exists, Throwable error) {
        if (error == null) {
            return exists;
        }
        if (ZooKeeperException.causeOf(error) instanceof ZooKeeperException cause
                && cause.failure() == Failure.NO_PERMISSION) {
            return true;
        }
        throw new CompletionException(error);
    }

    /** Those of some znodes that there are, in this order, each as {@link #one} reads it. */
    public static CompletableFuture<List<ZNode>> all(
            ZooKeeperClient client, Collection<String> paths, Content content) {
        List<CompletableFuture<Optional<ZNode>>> reads = new ArrayList<>();
        paths.forEach(path -> reads.add(one(client, path, content)));
        if (reads.size() == 1) {
            return reads.get(0).thenApply(znode -> znode.map(List::of).orElse(List.of()));
        }
        return CompletableFuture.allOf(reads.toArray(CompletableFuture[]::new)).thenApply(done -> reads.stream()
                .map(CompletableFuture::join)
                .flatMap(Optional::stream)
                .toList());
    }

    /** Not reentrant, since a read may complete before the call that makes it returns. */
    private void advance() {
        if (turns.getAndIncrement() > 0) {
            return;
        }
        int taken = 1;
        do {
            goOn();
            taken = turns.addAndGet(-taken);
        } while (taken > 0);
    }

    private void goOn() {
        for (Runnable next = arrived.poll(); next != null; next = arrived.poll()) {
            next.run();
        }
        SubtreeWalk.Step step;
        while (reads < MAX_READS && !result.isDone() && (step = walk.next()) != null) {
            take(step);
        }
        if (reads == 0 && walk.isExhausted()) {
            result.complete(found);
        }
    }

    private void take(SubtreeWalk.Step step) {
        if (step.isRow() && content.isKeys() && step.isListed()) {
            found.add(ZNode.existing(step.path()));
            if (walk.childrenAreRows()) {
                list(step);
            }
        } else if (step.isRow()) {
            await(
                    one(client, step.path(), content),
                    znode -> znode.ifPresent(row -> {
                        found.add(row);
                        if (walk.childrenAreRows()
                                && (content.isKeys() || row.stat().numChildren() > 0)) {
                            list(step);
                        }
                    }));
        } else {
            list(step);
        }
    }

    private void list(SubtreeWalk.Step step) {
        await(client.children(step.path()), names -> names.ifPresent(children -> walk.listed(step, children)));
    }

    private <T> void await(CompletableFuture<T> read, Consumer<T> arrive) {
        reads++;
        read.whenComplete((value, error) -> {
            if (error != null) {
                result.completeExceptionally(error);
            }
            arrived.add(() -> {
                reads--;
                if (error == null) {
                    arrive.accept(value);
                }
            });
            advance();
        });
    }
}
