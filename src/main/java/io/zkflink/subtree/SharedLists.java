// SPDX-License-Identifier: Apache-2.0
package io.zkflink.subtree;

import io.zkflink.client.Content;
import io.zkflink.client.SharedResources;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZooKeeperClient;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What the walks of one tree by several readers at the same time have in common: each list of children is asked for
 * once, by the walk that comes first, and the read of a row tells those who do not read it whether anything is below.
 *
 * <p>A walk believes only what was asked for after it had begun: by then its own watch was in place, and whatever has
 * changed since such a list was made is reported to it. Nobody waits for another walk, only for requests that were
 * sent, so one that is held back by what comes after it holds back no other. What is asked for much later has been
 * forgotten and is asked for again.
 *
 * <p>Static, since the tasks of a job know nothing of each other. Thread-safe. Requests are sent under the lock, which
 * is taken under no other.
 */
final class SharedLists {

    /** How many names to remember, so that walks which drift apart cost requests instead of memory. */
    private static final int MAX_NAMES = 200_000;

    private static final SharedResources<Object, SharedLists> GROUPS =
            new SharedResources<>(group -> true, group -> {});

    /** Counts the begins of walks. */
    private long time;

    private final Set<Member> walking = new HashSet<>();
    private final Map<String, Asked> asked = new LinkedHashMap<>();
    private int names;

    private SharedLists() {}

    /**
     * Joins those who walk the same tree.
     *
     * @param key equal for them and for nobody else; they use one session
     */
    static Member join(Object key, ZooKeeperClient client) {
        SharedResources<Object, SharedLists>.Lease lease = GROUPS.lease(key, SharedLists::new);
        return lease.value().new Member(client, lease);
    }

    private CompletableFuture<Optional<List<String>>> find(String path, long since) {
        Asked found = asked.get(path);
        return found == null || found.at < since || found.answer.isCompletedExceptionally() ? null : found.answer;
    }

    private void add(String path, CompletableFuture<Optional<List<String>>> answer) {
        Asked added = new Asked(time, answer);
        Asked before = asked.put(path, added);
        grow(added.names - (before == null ? 0 : before.names));
        answer.thenAccept(found -> {
            synchronized (this) {
                if (asked.get(path) == added) {
                    int more = found.map(List::size).orElse(0);
                    added.names += more;
                    grow(more);
                }
            }
        });
    }

    private void grow(int more) {
        names += more;
        Iterator<Asked> oldest = asked.values().iterator();
        while (names > MAX_NAMES && asked.size() > 1) {
            names -= oldest.next().names;
            oldest.remove();
        }
    }

    private List<Asked> forget() {
        List<Asked> all = List.copyOf(asked.values());
        asked.clear();
        names = 0;
        return all;
    }

    /** A list of children that was asked for at some time of the group. */
    private static final class Asked {
        private final long at;
        private final CompletableFuture<Optional<List<String>>> answer;
        /** With the one of the path itself. */
        private int names = 1;

        Asked(long at, CompletableFuture<Optional<List<String>>> answer) {
            this.at = at;
            this.answer = answer;
        }
    }

    /** One who walks. */
    final class Member {
        private final ZooKeeperClient client;
        private final SharedResources<Object, SharedLists>.Lease lease;
        private long since;

        private Member(ZooKeeperClient client, SharedResources<Object, SharedLists>.Lease lease) {
            this.client = client;
            this.lease = lease;
        }

        /** A walk has begun. */
        void begun() {
            synchronized (SharedLists.this) {
                since = ++time;
                walking.add(this);
            }
        }

        /** The walk has ended, or was abandoned. */
        void ended() {
            List<Asked> orphans = List.of();
            synchronized (SharedLists.this) {
                walking.remove(this);
                if (walking.isEmpty()) {
                    orphans = forget();
                }
            }
            orphans.forEach(orphan -> orphan.answer.cancel(false));
        }

        void close() {
            ended();
            lease.close();
        }

        /** Lists children, or shares the list that another walk has asked for. */
        CompletableFuture<Optional<List<String>>> children(String path) {
            CompletableFuture<Optional<List<String>>> answer;
            boolean isMine = false;
            synchronized (SharedLists.this) {
                if (isAlone()) {
                    return client.children(path);
                }
                answer = find(path, since);
                if (answer == null) {
                    isMine = true;
                    answer = client.children(path);
                    add(path, answer);
                }
            }
            return share(path, answer, isMine);
        }

        /** What {@link #children} would give if that is known by now, else null; asks nobody. */
        Optional<List<String>> knownChildren(String path) {
            synchronized (SharedLists.this) {
                CompletableFuture<Optional<List<String>>> answer = find(path, since);
                boolean known = answer != null && answer.isDone() && !answer.isCompletedExceptionally();
                return known ? answer.join() : null;
            }
        }

        /** Reads a row, and tells others what that says about its children. */
        CompletableFuture<Optional<ZNode>> read(String path, Content content) {
            CompletableFuture<Optional<List<String>>> leaf = new CompletableFuture<>();
            CompletableFuture<Optional<ZNode>> read;
            synchronized (SharedLists.this) {
                // Dated before it is sent: whoever begins to walk after that must not believe it.
                boolean shared = !isAlone() && find(path, since) == null;
                if (shared) {
                    add(path, leaf);
                }
                read = content.read(client, path);
                if (!shared) {
                    return read;
                }
            }
            read.whenComplete((znode, error) -> {
                if (error == null
                        && znode.map(found -> found.stat().numChildren()).orElse(0) == 0) {
                    leaf.complete(znode.map(found -> List.of()));
                } else {
                    leaf.cancel(false);
                }
            });
            return read;
        }

        /** Whether nobody else walks; what is asked meanwhile those who come later may not believe. */
        boolean isAlone() {
            synchronized (SharedLists.this) {
                return walking.size() < 2 || !walking.contains(this);
            }
        }

        /**
         * May be cancelled without harm to the others; a failure is told to him who asked, and the others ask again.
         */
        private CompletableFuture<Optional<List<String>>> share(
                String path, CompletableFuture<Optional<List<String>>> answer, boolean isMine) {
            CompletableFuture<Optional<List<String>>> share = new CompletableFuture<>();
            answer.whenComplete((names, error) -> {
                if (error == null) {
                    share.complete(names);
                } else if (isMine) {
                    share.completeExceptionally(error);
                } else if (!share.isDone()) {
                    children(path).whenComplete((again, failure) -> {
                        if (failure == null) {
                            share.complete(again);
                        } else {
                            share.completeExceptionally(failure);
                        }
                    });
                }
            });
            return share;
        }
    }
}
