// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.Failure;
import io.zkflink.client.ZooKeeperException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** One read of one znode on its way through the {@link ReadBatcher}. */
abstract sealed class Read<T> permits DataRead, StatRead, ChildrenRead {

    /** Of a reply with one list of children; with one znode's data there is its Stat, too. */
    static final int HEADER_BYTES = 38;

    static final int STAT_BYTES = 68;
    static final byte[] NO_DATA = {};

    /** As the server's chroot sees it: with the namespace. */
    final String serverPath;
    /** As the user asked for it. */
    final String path;

    final ReplySize size;
    final CompletableFuture<T> result = new CompletableFuture<>();
    /** Reads of the same that are answered with this one; mostly none. */
    private List<Read<?>> followers = List.of();

    Read(String serverPath, String path, ReplySize size) {
        this.serverPath = serverPath;
        this.path = path;
        this.size = size;
    }

    /** It is to be sent soon, or was asked for just now; called under the batcher's lock, before all below. */
    void prepare() {}

    /** What this read is remembered by over reconnects. */
    abstract String key();

    abstract Op op();

    /** Whether it can be part of a {@code multi}, which has no operation for every kind of read. */
    boolean fitsMulti() {
        return true;
    }

    /**
     * Sends this read alone, to a server that has no multi reads.
     *
     * @param answered called with the return code after this read has completed
     */
    abstract void send(ZooKeeper handle, Consumer<KeeperException.Code> answered);

    /** The value in a successful result; measures its size. */
    abstract T value(OpResult answer);

    /** The answer, if a Stat is enough for it. */
    Optional<OpResult> answeredBy(Stat stat) {
        return Optional.empty();
    }

    /** The answer that there is no such znode. */
    abstract T absent();

    /**
     * Whether a reply to this read cannot fit.
     *
     * @param stat of its znode
     */
    abstract boolean isSurelyTooLarge(Stat stat, int replyLimit);

    /** Whether a reply to this read may be too large for all that its znode's Stat says. */
    abstract boolean isPerhapsTooLarge(Stat stat, int replyLimit);

    /** What is read, for a message. */
    abstract String describe(Stat stat);

    /** Answers another read of the same with this one, which has not been sent yet. */
    final void lead(Read<?> follower) {
        if (followers.isEmpty()) {
            followers = new ArrayList<>();
        }
        followers.add(follower);
    }

    final void complete(OpResult answer) {
        if (answer instanceof OpResult.ErrorResult error) {
            fail(Failure.code(error.getErr()));
        } else {
            give(answer);
            for (Read<?> follower : followers) {
                follower.complete(answer);
            }
        }
    }

    /** Completes in every case: what is thrown here would leave the whole batch without answers. */
    private void give(OpResult answer) {
        try {
            result.complete(value(answer));
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(new ZooKeeperException(
                    Failure.OTHER, "ZooKeeper's answer to a read of '" + path + "' makes no sense: " + e));
        }
    }

    /** @param answer null if there is none */
    final void complete(int rc, OpResult answer, Consumer<KeeperException.Code> answered) {
        KeeperException.Code code = answer == null ? reasonOfNoAnswer(rc) : KeeperException.Code.OK;
        if (answer == null) {
            fail(code);
        } else {
            complete(answer);
        }
        answered.accept(code);
    }

    /** ZooKeeper's client says OK of a reply that it could not read to its end. */
    static KeeperException.Code reasonOfNoAnswer(int rc) {
        KeeperException.Code code = Failure.code(rc);
        return code == KeeperException.Code.OK ? KeeperException.Code.CONNECTIONLOSS : code;
    }

    final void fail(KeeperException.Code code) {
        if (code == KeeperException.Code.NONODE) {
            result.complete(absent());
        } else {
            result.completeExceptionally(ZooKeeperException.of(code, "read", path));
        }
        followers.forEach(follower -> follower.fail(code));
    }

    final void fail(ZooKeeperException cause) {
        result.completeExceptionally(cause);
        followers.forEach(follower -> follower.fail(cause));
    }
}
