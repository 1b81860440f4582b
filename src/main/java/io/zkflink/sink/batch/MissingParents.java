// SPDX-License-Identifier: Apache-2.0
package io.zkflink.sink.batch;

import io.zkflink.client.Acl;
import io.zkflink.client.CreateMode;
import io.zkflink.client.Failure;
import io.zkflink.client.WriteRefusal;
import io.zkflink.client.ZNodeWrite;
import io.zkflink.client.ZooKeeperClient;
import io.zkflink.client.ZooKeeperException;
import io.zkflink.path.ZNodePath;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.apache.flink.annotation.Internal;

/**
 * Creates parents that are missing, persistent and empty. Not part of any transaction: a parent without children harms
 * nobody, and many writers may want the same one at the same time.
 */
@Internal
public final class MissingParents {

    private static final String ROOT = "/";

    private final ZooKeeperClient client;
    private final Acl acl;
    private final KnownZNodes known;
    private final Executor thread;

    public MissingParents(ZooKeeperClient client, Acl acl, KnownZNodes known, Executor thread) {
        this.client = client;
        this.acl = acl;
        this.known = known;
        this.thread = thread;
    }

    /**
     * Has the parents of some paths there.
     *
     * @param orphan one of the paths, whose parent turned out to be missing, whatever was known of it
     */
    public CompletableFuture<Void> create(List<String> paths, String orphan) {
        known.note(ZNodePath.parent(orphan), false);
        Set<String> parents = new LinkedHashSet<>();
        paths.forEach(path -> parents.add(ZNodePath.parent(path)));
        parents.removeIf(path -> Boolean.TRUE.equals(known.get(path)));
        return create(parents);
    }

    /** All in one request; one that cannot be made is made as single ones. */
    private CompletableFuture<Void> create(Set<String> paths) {
        if (paths.remove(ROOT)) {
            return client.createNamespace(acl).thenComposeAsync(none -> create(paths), thread);
        }
        List<String> order =
                paths.stream().sorted(Comparator.comparingInt(String::length)).toList();
        if (order.size() < 2) {
            return createSingly(order);
        }
        return client.write(order.stream().map(this::creation).toList())
                .thenComposeAsync(
                        refusal -> {
                            if (refusal.isPresent()) {
                                return createSingly(order);
                            }
                            order.forEach(path -> known.note(path, true));
                            return CompletableFuture.completedFuture(null);
                        },
                        thread);
    }

    private ZNodeWrite creation(String path) {
        return new ZNodeWrite.Create(path, null, CreateMode.PERSISTENT, 0, acl);
    }

    /** Each in a request of its own, all under way together: any of them may exist already. */
    private CompletableFuture<Void> createSingly(List<String> order) {
        List<CompletableFuture<Optional<WriteRefusal>>> answers = new ArrayList<>();
        for (String path : order) {
            answers.add(client.write(List.of(creation(path))));
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenComposeAsync(none -> climb(order, answers), thread);
    }

    private CompletableFuture<Void> climb(List<String> order, List<CompletableFuture<Optional<WriteRefusal>>> answers) {
        Set<String> above = new LinkedHashSet<>();
        Set<String> again = new LinkedHashSet<>();
        Map<String, ZooKeeperException> denied = new LinkedHashMap<>();
        for (int i = 0; i < order.size(); i++) {
            ZooKeeperException refusal =
                    answers.get(i).join().map(WriteRefusal::cause).orElse(null);
            if (refusal == null || refusal.failure() == Failure.NODE_EXISTS) {
                known.note(order.get(i), true);
            } else if (refusal.failure() == Failure.NO_PERMISSION) {
                denied.put(order.get(i), refusal);
            } else if (refusal.failure() == Failure.NO_NODE) {
                above.add(ZNodePath.parent(order.get(i)));
                again.add(order.get(i));
            } else {
                return CompletableFuture.failedFuture(refusal);
            }
        }
        CompletableFuture<Void> exist = allExist(denied);
        return above.isEmpty()
                ? exist
                : exist.thenComposeAsync(none -> create(above), thread).thenComposeAsync(none -> create(again), thread);
    }

    /** A server denies a creation before it says that the znode is there already: fails if one is not. */
    private CompletableFuture<Void> allExist(Map<String, ZooKeeperException> denied) {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        denied.forEach((path, denial) -> answers.add(client.children(path)
                .handleAsync(
                        (names, error) -> {
                            boolean exists = error == null
                                    ? names.isPresent()
                                    : ZooKeeperException.causeOf(error) instanceof ZooKeeperException e
                                            && e.failure() == Failure.NO_PERMISSION;
                            if (exists) {
                                known.note(path, true);
                                return null;
                            }
                            Throwable cause = error == null ? denial : ZooKeeperException.causeOf(error);
                            throw new CompletionException(cause);
                        },
                        thread)));
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    }
}
