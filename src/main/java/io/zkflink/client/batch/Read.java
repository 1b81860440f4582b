// SPDX-License-Identifier: Apache-2.0
package io.zkflink.client.batch;

import io.zkflink.client.Failure;
import io.zkflink.client.ZNode;
import io.zkflink.client.ZNodeStat;
import io.zkflink.client.ZooKeeperException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.jute.BinaryInputArchive;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.data.Stat;

/** One read of one znode on its way through the {@link ReadBatcher}. */
abstract sealed class Read<T> {

    /** Of a reply with one list of children; with one znode's data there is its Stat, too. */
    private static final int HEADER_BYTES = 38;

    private static final int STAT_BYTES = 68;
    /** Its length and one letter. */
    private static final int LEAST_BYTES_PER_CHILD = 5;

    private static final int MOST_BYTES_PER_CHILD = 300;

    private static final byte[] NO_DATA = {};

    /** As the server's chroot sees it: with the namespace. */
    final String serverPath;
    /** As the user asked for it. */
    final String path;

    final ReplySize size;
    final CompletableFuture<T> result = new CompletableFuture<>();
    /** Reads of the same that are answered with this one; mostly none. */
    private List<Read<?>> followers = List.of();

    private Read(String serverPath, String path, ReplySize size) {
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
            followers.forEach(follower -> follower.complete(answer));
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

    final void complete(int rc, Supplier<OpResult> answer, Consumer<KeeperException.Code> answered) {
        KeeperException.Code code = Failure.code(rc);
        if (code == KeeperException.Code.OK) {
            complete(answer.get());
        } else {
            fail(code);
        }
        answered.accept(code);
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

    static final class Data extends Read<Optional<ZNode>> {
        Data(String serverPath, String path, ReplySize size) {
            super(serverPath, path, size);
        }

        @Override
        String key() {
            return serverPath;
        }

        @Override
        Op op() {
            return Op.getData(serverPath);
        }

        @Override
        void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
            send(handle, this, answered);
        }

        @Override
        Optional<ZNode> value(OpResult answer) {
            OpResult.GetDataResult found = (OpResult.GetDataResult) answer;
            byte[] data = found.getData() == null ? NO_DATA : found.getData();
            size.measured(HEADER_BYTES + STAT_BYTES + data.length);
            return Optional.of(new ZNode(path, data, convert(found.getStat())));
        }

        /** Asks for data and Stat. */
        static void send(ZooKeeper handle, Read<?> read, Consumer<KeeperException.Code> answered) {
            handle.getData(
                    read.serverPath,
                    false,
                    (rc, ignored, ctx, data, stat) ->
                            read.complete(rc, () -> new OpResult.GetDataResult(data, stat), answered),
                    null);
        }

        @Override
        Optional<ZNode> absent() {
            return Optional.empty();
        }

        /** ZooKeeper's client has a second limit, for a single field, that only a system property can raise. */
        @Override
        boolean isSurelyTooLarge(Stat stat, int replyLimit) {
            return HEADER_BYTES + STAT_BYTES + stat.getDataLength() > replyLimit
                    || stat.getDataLength() > 2L * BinaryInputArchive.maxBuffer;
        }

        @Override
        boolean isPerhapsTooLarge(Stat stat, int replyLimit) {
            return HEADER_BYTES + STAT_BYTES + stat.getDataLength() >= replyLimit;
        }

        @Override
        String describe(Stat stat) {
            return "The data of the znode '" + path + "' (" + stat.getDataLength() + " bytes)";
        }

        static ZNodeStat convert(Stat stat) {
            return new ZNodeStat(
                    stat.getCzxid(),
                    stat.getMzxid(),
                    stat.getCtime(),
                    stat.getMtime(),
                    stat.getVersion(),
                    stat.getCversion(),
                    stat.getAversion(),
                    stat.getEphemeralOwner(),
                    stat.getDataLength(),
                    stat.getNumChildren(),
                    stat.getPzxid());
        }
    }

    /** A read whose answer is a Stat, so that neither data nor children can make it too large. */
    abstract static sealed class OfStat<T> extends Read<T> {

        private OfStat(String serverPath, String path, ReplySize size) {
            super(serverPath, path, size);
        }

        /** Neither do names of children end with two. */
        @Override
        String key() {
            return serverPath + "//";
        }

        @Override
        Op op() {
            throw new IllegalStateException("No multi has an exists.");
        }

        @Override
        boolean fitsMulti() {
            return false;
        }

        @Override
        void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
            handle.exists(serverPath, false, (rc, ignored, ctx, stat) -> complete(rc, () -> of(stat), answered), null);
        }

        /** The answer to whoever waits for the Stat. */
        static OpResult of(Stat stat) {
            return new OpResult.GetDataResult(null, stat);
        }

        @Override
        final boolean isSurelyTooLarge(Stat stat, int replyLimit) {
            return false;
        }

        @Override
        final boolean isPerhapsTooLarge(Stat stat, int replyLimit) {
            return false;
        }

        @Override
        final String describe(Stat stat) {
            return "The Stat of the znode '" + path + "'";
        }
    }

    /** Whether there is a znode. */
    static final class Exists extends OfStat<Boolean> {

        Exists(String serverPath, String path, ReplySize size) {
            super(serverPath, path, size);
        }

        @Override
        Boolean value(OpResult answer) {
            size.measured(HEADER_BYTES + STAT_BYTES);
            return true;
        }

        @Override
        Boolean absent() {
            return false;
        }
    }

    /** A znode without its data, which is transferred only where that is cheaper than a request that leaves it out. */
    static final class StatOnly extends OfStat<Optional<ZNode>> {

        private final DataLengths lengths;
        private boolean isLarge;

        StatOnly(String serverPath, String path, ReplySize size, DataLengths lengths) {
            super(serverPath, path, size);
            this.lengths = lengths;
        }

        @Override
        void prepare() {
            isLarge = lengths.isLarge(path);
        }

        /** As that of {@link Exists} or of {@link Data}, whose answers are answers to this. */
        @Override
        String key() {
            return isLarge ? super.key() : serverPath;
        }

        @Override
        Op op() {
            return Op.getData(serverPath);
        }

        @Override
        boolean fitsMulti() {
            return !isLarge;
        }

        @Override
        void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
            if (isLarge) {
                super.send(handle, answered);
            } else {
                Data.send(handle, this, answered);
            }
        }

        @Override
        Optional<ZNode> value(OpResult answer) {
            OpResult.GetDataResult found = (OpResult.GetDataResult) answer;
            ZNodeStat stat = Data.convert(found.getStat());
            lengths.learn(path, stat.dataLength());
            if (!isLarge) {
                size.measured(HEADER_BYTES + STAT_BYTES + stat.dataLength());
            }
            return Optional.of(new ZNode(path, NO_DATA, stat));
        }

        @Override
        Optional<OpResult> answeredBy(Stat stat) {
            return Optional.of(of(stat));
        }

        @Override
        Optional<ZNode> absent() {
            return Optional.empty();
        }
    }

    static final class Children extends Read<Optional<List<String>>> {

        Children(String serverPath, String path, ReplySize size) {
            super(serverPath, path, size);
        }

        @Override
        String key() {
            // No znode has a name that ends with a slash, so this collides with no read of data.
            return serverPath + "/";
        }

        @Override
        Op op() {
            return Op.getChildren(serverPath);
        }

        @Override
        void send(ZooKeeper handle, Consumer<KeeperException.Code> answered) {
            handle.getChildren(
                    serverPath,
                    false,
                    (rc, ignored, ctx, names) -> complete(rc, () -> new OpResult.GetChildrenResult(names), answered),
                    null);
        }

        @Override
        Optional<List<String>> value(OpResult answer) {
            List<String> names = ((OpResult.GetChildrenResult) answer).getChildren();
            int bytes = HEADER_BYTES;
            for (String name : names) {
                bytes += Integer.BYTES + name.length();
            }
            size.measured(bytes);
            return Optional.of(names);
        }

        @Override
        Optional<List<String>> absent() {
            return Optional.empty();
        }

        @Override
        boolean isSurelyTooLarge(Stat stat, int replyLimit) {
            return HEADER_BYTES + (long) stat.getNumChildren() * LEAST_BYTES_PER_CHILD > replyLimit;
        }

        /** The names are not known, only how many. */
        @Override
        boolean isPerhapsTooLarge(Stat stat, int replyLimit) {
            return HEADER_BYTES + (long) stat.getNumChildren() * MOST_BYTES_PER_CHILD > replyLimit;
        }

        @Override
        String describe(Stat stat) {
            return "The list of the " + stat.getNumChildren() + " children of the znode '" + path + "'";
        }
    }
}
